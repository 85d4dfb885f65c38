/**
 * The page tables of an image, as constants in its file (Intel SDM volume 3, 4.5: 4-level paging; identity
 * map). Nothing is both writable and executable; page 0 and the page below the stack are absent; tables,
 * GDT, IDT and TSS belong to CPL 0; all else is for CPL 3.
 */

const PAGE = 4096;
const LARGE_PAGE = 0x20_0000;
const ENTRIES = 512;
/** What does not lie below may not be mapped by 4 KiB pages; see image.ld. */
const SMALL_PAGES_END = 0x40_0000;

/** Bits of a page-table entry. */
const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
/** Set beforehand, so that no processor, and no host that shadows these tables, has to do it page by page. */
const ACCESSED = 32n;
const DIRTY = 64n;
const LARGE = 128n;
const NO_EXECUTE = 1n << 63n;

const TABLE = PRESENT | WRITABLE | USER | ACCESSED;
const DATA = PRESENT | WRITABLE | USER | NO_EXECUTE | ACCESSED | DIRTY;
const CONSTANTS = PRESENT | USER | NO_EXECUTE | ACCESSED;
const CODE = PRESENT | USER | ACCESSED;
const SUPERVISOR_DATA = PRESENT | WRITABLE | NO_EXECUTE | ACCESSED | DIRTY;
const SUPERVISOR_CODE = PRESENT | ACCESSED;

/** Pages of boot.S, in order. */
const PML4 = 0;
const PDPT = 1;
const DIRECTORY = 2;
const DEVICE_DIRECTORY = 3;
const TABLES = 4;
export const PAGE_TABLE_PAGES = 8;
/** Of the window to devices: empty, until an image that another VMM booted looks for them (wl_serve of boot.S). */
const DEVICE_TABLE = 7;
/** GDT, TSS, IDT and the kernel stack; then the fault stubs. */
const CPU_PAGE = 8;
const STUBS_PAGE = 9;

/** Addresses where an image's ranges begin, from its symbols. */
export interface ImageLayout {
  readonly base: number;
  readonly text: number;
  readonly constants: number;
  readonly guard: number;
  readonly stack: number;
  readonly shared: number;
  readonly end: number;
}

/** The eight pages at the image's base. */
export function pageTables(layout: ImageLayout): Buffer {
  const bytes = Buffer.alloc(PAGE_TABLE_PAGES * PAGE);
  const set = (page: number, index: number, address: number, rights: bigint): void => {
    bytes.writeBigUInt64LE(BigInt(address) | rights, page * PAGE + index * 8);
  };
  const at = (page: number) => layout.base + page * PAGE;
  set(PML4, 0, at(PDPT), TABLE);
  set(PDPT, 0, at(DIRECTORY), TABLE);
  set(PDPT, 3, at(DEVICE_DIRECTORY), TABLE);
  set(DEVICE_DIRECTORY, 0, at(DEVICE_TABLE), TABLE);
  /** A directory entry that leads to a table of 4 KiB pages. */
  const table = (page: number, region: number): void => {
    set(DIRECTORY, region, at(page), TABLE);
    for (let index = 0; index < ENTRIES; index += 1) {
      const address = region * LARGE_PAGE + index * PAGE;
      const rights = rightsOf(address, layout);
      if (rights !== 0n) set(page, index, address, rights);
    }
  };
  table(TABLES, 0);
  // Where all of it is data one large page does: an empty table takes no room in the image's file.
  if (layout.stack <= LARGE_PAGE && layout.shared >= SMALL_PAGES_END) set(DIRECTORY, 1, LARGE_PAGE, DATA | LARGE);
  else table(TABLES + 1, 1);
  if (layout.end <= SMALL_PAGES_END) return bytes;
  // A shared part that begins below 4 MiB may end above: it is shorter than what a table maps.
  const sharedRegion = Math.floor(Math.max(layout.shared, SMALL_PAGES_END) / LARGE_PAGE);
  for (let region = SMALL_PAGES_END / LARGE_PAGE; region < sharedRegion; region += 1) {
    set(DIRECTORY, region, region * LARGE_PAGE, DATA | LARGE);
  }
  table(TABLES + 2, sharedRegion);
  return bytes;
}

/** What CPL 3 and CPL 0 may do with a page; 0: it is absent. */
function rightsOf(address: number, layout: ImageLayout): bigint {
  if (address === 0 || address >= layout.end) return 0n;
  if (address < layout.base) return CONSTANTS; // what a PVH loader passes
  const page = (address - layout.base) / PAGE;
  if (page < CPU_PAGE + 1) return SUPERVISOR_DATA;
  if (page === STUBS_PAGE) return SUPERVISOR_CODE;
  if (address < layout.constants) return CODE;
  if (address < layout.guard) return CONSTANTS;
  if (address < layout.stack) return 0n;
  return DATA;
}
