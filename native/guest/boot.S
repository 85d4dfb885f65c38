/*
 * The processor's tables and the two ways into an image. Linked first, at WL_IMAGE_BASE: ten pages.
 *
 *   0 PML4   1 PDPT   2 page directory of the first GiB   3 page directory of 3..4 GiB   4, 5, 6 page tables
 *   7 page table of the window to devices   8 GDT, TSS, IDT, kernel stack
 *   9 fault stubs, the PVH entry and what it serves (CPL 0)
 *
 * The page tables are filled in when the image is linked (src/image/page-tables.ts): nothing is built at CPL 0,
 * where some hosts interpret. Our own VMM enters at wl_entry, in 64-bit mode at CPL 3, with these very
 * tables; any other that knows PVH enters at wl_pvh_entry, which loads them and drops to CPL 3 likewise.
 * After that entry, and never with our VMM, the appliance may ask CPL 0 for pages of devices and for PCI's
 * configuration (wl_window.h) until it begins its work: decision 17.
 * Intel SDM volume 3: 3.4.5 (descriptors), 4.5 (paging), 6.14 (IDT), 7.7 (TSS).
 */
#define WL_BASE 0x100000
#define WL_CPU_PAGE (WL_BASE + 8 * 4096)
#define WL_STUBS (WL_BASE + 9 * 4096)
#define WL_GDT_BYTES 56
#define WL_WINDOW 0xc0000000
#define WL_APIC_PLACE 511 /* of the window: for CPL 0 once all is found */
#define WL_APIC (WL_WINDOW + WL_APIC_PLACE * 4096)
#define WL_APIC_END_OF_INTERRUPT 0xb0
#define WL_APIC_TIMER_COUNT 0x380
#define WL_ALARM 31 /* the timer's vector, which no exception has */
#define WL_SERVICE_REST 5
#define WL_KVM_CLOCK 0x4b564d00 /* MSR_KVM_WALL_CLOCK_NEW; MSR_KVM_SYSTEM_TIME_NEW is the next */
#define WL_TSS_OFFSET 0x80
#define WL_TSS_BYTES (0x68 + 0x80 + 1)
#define WL_IDT_OFFSET 0x200
#define WL_VECTORS 32
#define WL_KERNEL_CODE 0x08
#define WL_KERNEL_DATA 0x10
#define WL_USER_CODE 0x1b
#define WL_USER_DATA 0x23
#define WL_TSS_SELECTOR 0x28
/* struct wl_control and ports of wirelet_abi.h; wl_guest.h asserts them */
#define WL_CONTROL_STATE 156
#define WL_CONTROL_PANIC 256
#define WL_STATE_PANICKED 4
#define WL_PORT_FAULT 0xe4
#define WL_PORT_CONSOLE 0x3f8
#define WL_PORT_EXIT 0xf4

  .section .wl_cpu, "awx", @progbits
  .globl wl_page_tables, wl_device_table, wl_gdt, wl_tss, wl_idt, wl_entry, wl_pvh_entry
wl_page_tables:
  .fill 7 * 4096, 1, 0
wl_device_table:
  .fill 4096, 1, 0

wl_cpu_page:
wl_gdt:
  .quad 0
  .quad 0x00af9b000000ffff /* code, CPL 0 */
  .quad 0x00cf93000000ffff /* data, CPL 0 */
  .quad 0x00affb000000ffff /* code, CPL 3 */
  .quad 0x00cff3000000ffff /* data, CPL 3 */
  .word WL_TSS_BYTES - 1, (WL_CPU_PAGE + WL_TSS_OFFSET) & 0xffff
  .word 0x8900 | ((WL_CPU_PAGE >> 16) & 0xff), ((WL_CPU_PAGE >> 24) & 0xff) << 8
  .quad 0

  .org wl_cpu_page + WL_TSS_OFFSET
wl_tss:
  .long 0
  .quad WL_CPU_PAGE + 0x1000 /* RSP0: the kernel stack ends with the page */
  .org wl_cpu_page + WL_TSS_OFFSET + 0x66
  .word 0x68
  /* I/O bitmap of the ports 0..0x3ff (WL_PORT_LAST); open are those of wirelet_abi.h, and of a PC's timer (wl_foreign_clock.h). */
  .fill 8, 1, 0xff
  .byte 0xf3 /* 0x42, 0x43 */
  .fill 3, 1, 0xff
  .byte 0xfd /* 0x61 */
  .fill 15, 1, 0xff
  .byte 0xea, 0xff, 0xef /* 0xe0, 0xe2, 0xe4; 0xf4 */
  .fill 96, 1, 0xff
  .byte 0xda /* 0x3f8, 0x3fa, 0x3fd */
  .byte 0xff

  .org wl_cpu_page + WL_IDT_OFFSET
wl_idt:
  .set vector, 0
  .rept WL_VECTORS
  .word (WL_STUBS + vector * 16) & 0xffff, WL_KERNEL_CODE, 0x8e00, (WL_STUBS + vector * 16) >> 16
  .quad 0
  .set vector, vector + 1
  .endr
wl_serving: /* not 0: another VMM booted the image, and it looks for its devices */
  .long 0
wl_rest_ticks: /* 0: there is no timer to rest by, or our own VMM runs the image */
  .long 0
wl_gdt_pointer:
  .word WL_GDT_BYTES - 1
  .long WL_CPU_PAGE, 0
wl_idt_pointer:
  .word WL_VECTORS * 16 - 1
  .long WL_CPU_PAGE + WL_IDT_OFFSET, 0

  .org wl_cpu_page + 0x1000
wl_vectors:
  .set vector, 0
  .rept WL_VECTORS
  .balign 16
  .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
  pushq $0 /* where the processor pushes no error code */
  .endif
  pushq $vector
  jmp wl_fault
  .set vector, vector + 1
  .endr

/*
 * The instruction of wl_service, which is none, was executed. Its arguments (wl_window.h):
 *   0, place, address   the page of a physical address appears at a place (0..511) of the window, unless it is the image's own
 *   1, function         EAX is what PCI's configuration has there (PCI 3.0, 3.2.2.3.2)
 *   2, function, value  the value is written there
 *   3, ticks            no more of this: the window's first places are closed, and the interrupt controller's is CPL 0's
 *   4, 0 or 1, address  KVM writes there what time it is, or how its clock runs; where there is no KVM, nothing happens
 *   5, times            rests so many times as long as those ticks of the interrupt controller's timer are: also after 3
 */
wl_serve:
  addq $16, %rsp
  addq $2, (%rsp) /* behind it */
  decl %edi
  jns 2f
  shlq $12, %rdx /* bits 12..51 of the address remain */
  shrq $24, %rdx
  shlq $12, %rdx
  leaq -WL_BASE(%rdx), %rax
  xorl %ecx, %ecx
  cmpq $wl_memory_bytes, %rax
  jb 1f
  leaq 0x7f(%rdx), %rcx /* present, writable, user, write-through, no cache, accessed, dirty */
  btsq $63, %rcx /* not to be executed */
1:
  andl $511, %esi
  movq %rcx, wl_device_table(, %rsi, 8)
  shll $12, %esi
  orl $WL_WINDOW, %esi
  invlpg (%rsi)
  iretq
2:
  cmpl $2, %edi
  je 4f
  ja 5f
  movl %edx, %ecx
  movl %esi, %eax
  movl $0xcf8, %edx
  outl %eax, %dx
  movb $0xfc, %dl
  decl %edi
  jz 3f
  inl %dx, %eax
  iretq
3:
  movl %ecx, %eax
  outl %eax, %dx
  iretq
4:
  movl %esi, wl_rest_ticks
  andb $~4, wl_device_table + 8 * WL_APIC_PLACE
  xorl %eax, %eax
  movl %eax, wl_serving
  movq %rax, wl_device_table
  movq %rax, wl_device_table + 8
  movq %rax, wl_device_table + 16
  movq %cr3, %rax
  movq %rax, %cr3
  iretq
5:
  andl $1, %esi
  leal WL_KVM_CLOCK(%rsi), %ecx
  movl %edx, %eax
  xorl %edx, %edx
wl_write_clock:
  wrmsr
  iretq

wl_rest:
  addq $16, %rsp
  addq $2, (%rsp)
  imull %esi, %eax
  movl $WL_APIC, %edx
  movl %eax, WL_APIC_TIMER_COUNT(%rdx)
  sti
  hlt
  cli
  iretq

wl_alarm:
  addq $16, %rsp
  pushq %rdx
  movl $WL_APIC, %edx
  movl $0, WL_APIC_END_OF_INTERRUPT(%rdx)
  popq %rdx
  iretq

  .balign 16
wl_fault: /* on the stack: vector, error code, RIP, CS, RFLAGS, RSP, SS */
  cmpb $WL_ALARM, (%rsp)
  je wl_alarm
  cmpq $wl_service, 16(%rsp)
  jne 1f
  cmpl $WL_SERVICE_REST, %edi
  jne 2f
  movl wl_rest_ticks, %eax
  testl %eax, %eax
  jnz wl_rest
2:
  cmpl $0, wl_serving
  jne wl_serve
1:
  cmpq $wl_write_clock, 16(%rsp) /* there is no such register */
  jne 1f
  addq $16, %rsp
  addq $2, (%rsp)
  iretq
1:
  pushq %rax
  movl $wl_control_block, %eax
  movq %rcx, WL_CONTROL_PANIC + 48(%rax)
  popq %rcx
  movq %rcx, WL_CONTROL_PANIC + 40(%rax)
  movq (%rsp), %rcx
  movq %rcx, WL_CONTROL_PANIC(%rax)
  movq 8(%rsp), %rcx
  movq %rcx, WL_CONTROL_PANIC + 8(%rax)
  movq %cr2, %rcx
  movq %rcx, WL_CONTROL_PANIC + 16(%rax)
  movq 16(%rsp), %rcx
  movq %rcx, WL_CONTROL_PANIC + 24(%rax)
  movq 40(%rsp), %rcx
  movq %rcx, WL_CONTROL_PANIC + 32(%rax)
  movq 32(%rsp), %rcx
  movq %rcx, WL_CONTROL_PANIC + 56(%rax)
  movl $WL_STATE_PANICKED, WL_CONTROL_STATE(%rax)
  movb (%rsp), %al
  outb %al, $WL_PORT_FAULT
  movw $WL_PORT_CONSOLE, %dx
  movb $'!', %al
  outb %al, %dx
  movb $0xff, %al
  outb %al, $WL_PORT_EXIT
1:
  hlt
  jmp 1b

  .code32
wl_pvh_entry: /* EBX = start_info; flat 32-bit segments, paging off, no stack */
  movl $wl_page_tables, %eax
  movl %eax, %cr3
  movl $0x620, %eax /* PAE, OSFXSR, OSXMMEXCPT */
  movl %eax, %cr4
  movl $0xc0000080, %ecx
  rdmsr
  orl $0x900, %eax /* LME, NXE */
  wrmsr
  movl $0x80050033, %eax
  movl %eax, %cr0
  lgdt wl_gdt_pointer
  ljmp $WL_KERNEL_CODE, $1f
  .code64
1:
  lidt wl_idt_pointer
  movl $WL_TSS_SELECTOR, %eax
  ltr %ax
  movl $WL_KERNEL_DATA, %eax
  movl %eax, %ss
  movl $WL_CPU_PAGE + 0x1000, %esp
  movl $WL_USER_DATA, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %ebx, %edi
  movl $1, wl_serving
  pushq $WL_USER_DATA
  pushq $wl_stack_top
  pushq $2
  pushq $WL_USER_CODE
  pushq $wl_entry
  iretq

  .section .text.wl_entry, "ax", @progbits
wl_entry: /* CPL 3; RDI = control block, or the start_info of PVH */
  movl $wl_stack_top, %esp
  xorl %ebp, %ebp
  call wl_main
1:
  xorl %eax, %eax
  outb %al, $WL_PORT_EXIT
  jmp 1b

  .globl wl_service
wl_service:
  ud2
  ret

  .section .rodata.wl_identity, "a", @progbits
  .balign 8
  .globl wl_identity
wl_identity:
  .quad 0 /* src/image/link-guest.ts */

  .section .note.pvh, "a", @note
  .balign 4
  .long 4, 8, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
  .asciz "Xen"
  .quad wl_pvh_entry

  .section .note.GNU-stack, "", @progbits
