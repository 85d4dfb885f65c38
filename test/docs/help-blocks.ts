/** What `wirelet COMMAND --help` prints, in docs/cli.md between `<!-- help COMMAND -->` and `<!-- end -->`. */
import { wirelet } from '../system/command-line.js';

const BLOCK = /(<!-- help ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** Options of every command; told once. */
const COMMON = /^ +(?:--json|-h, --help) .*\n/gm;

/** The page with what the commands print now. */
export async function withHelp(page: string): Promise<string> {
  const texts = new Map<string, string>();
  for (const [, , name] of page.matchAll(BLOCK)) texts.set(name!, (await wirelet([name!, '--help'])).stdout.replace(COMMON, '').trimEnd());
  return page.replace(BLOCK, (_, begin: string, name: string, end: string) => `${begin}\`\`\`text\n${texts.get(name)}\n\`\`\`\n${end}`);
}

/** The commands that the page shows. */
export function helpNames(page: string): string[] {
  return [...page.matchAll(BLOCK)].map((match) => match[2]!);
}
