/** Zone files for tests: a head that every one has, and lines that BIND takes or refuses. */

export const ORIGIN = 'example.org.';
export const HEAD = '$TTL 300\n@ SOA ns hm 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nc CNAME ns\n';

/** Lines that make a good zone of the head, warnings allowed. */
export const GOOD: readonly string[] = [
  '@ MX 10 c', 'sub NS ns.sub', 'sub NS ns.sub\nns.sub A 192.0.2.9', 'x CAA 0 issue "ca"', 'x CAA 128 iodef "mailto:a@b"', 'x HINFO a b', 'x IN 300 A 1.2.3.4',
  'x 300 IN A 1.2.3.4', 'x IN A 1.2.3.4', 'x AAAA ::1.2.3.4', 'x AAAA ::', 'x AAAA 1:2:3:4:5:6:7:8', 'x AAAA 2001:db8::', 'x AAAA 1::8', 'x SRV 1 2 3 .', '@ MX 0 .',
  'x MX 0 1.2.3.4', 'x TXT "a""b"', 'x TXT a"b"', '; nothing', 'x TXT "a;b"', 'x TXT a\\;b', 'a.b\\.c A 1.2.3.4', 'x NS 1.2.3.4', '_a A 1.2.3.4', 'ttl 1h30m A 1.2.3.4',
  'x TXT "\\"\\\\" \\"', 'x TXT "\\065\\255"', '* A 1.2.3.4', '*.x TXT wild', 'a.*.x TXT "no wildcard"', 'other.net. A 1.2.3.4', 'x A 1.2.3.4\nx A 1.2.3.4', 'x 1 A 1.2.3.4\nx 2 A 1.2.3.5',
  'x SOMETHING.example.org.\n', 'x ( A\n 1.2.3.4 )', 'x A ( ; where\n 1.2.3.4 ; it is\n )', 'x\tTXT\t"tab"', '\\@ A 1.2.3.4', 'a\\032b TXT x', '$ORIGIN x\nb A 1.2.3.4', '$ORIGIN .\nx.example.org A 1.2.3.4',
  '$TTL 1w\nweek A 1.2.3.4', 'x TYPE4711 \\# 3 0a0b 0c', 'x TYPE4711 \\# 0', 'x TYPE1 1.2.3.4', 'x CLASS1 A 1.2.3.4', 'x SRV 0 0 1 c', 'x DS 1 8 2 0102030405060708091011121314151617181920212223242526272829303132',
  'x A 1.2.3.4\n  TXT more\n\tMX 5 ns', 'X.EXAMPLE.ORG. a 1.2.3.4', '1.2.0.192.in-addr PTR ns', 'x CNAME y\ny CNAME x', 'x TLSA 3 1 1 0102030405060708091011121314151617181920212223242526272829303132',
  'x SSHFP 4 2 0102030405060708091011121314151617181920212223242526272829303132', `${'a'.repeat(63)} A 1.2.3.4`, `x TXT "${'a'.repeat(255)}"`,
].filter((line) => !line.includes('SOMETHING'));

/** Lines with which the head is no zone. */
export const BAD: readonly string[] = [
  '@ NS c', '@ NS ns2', '@ NS ns.x.y', 'x CNAME a\nx CNAME b', 'x CNAME a\nx A 1.2.3.4', 'x SOA a b 1 2 3 4 5', '@ SOA ns hm 2 2 3 4 5', 'x TXT "abc', 'x A 1.2.3', 'x A 1.2.3.256',
  'x A ( 1.2.3.4', 'x A 1.2.3.4 )', 'x..y A 1.2.3.4', '.x A 1.2.3.4', 'x CH A 1.2.3.4', 'x TXT', 'x A', 'x', 'x MX -1 ns', 'x MX 70000 ns', 'x MX ns', 'x MX 10', 'x CAA 0 is_sue "ca"', 'x CAA 256 issue "ca"',
  'x A 1.2.3.4 5', 'x\\300 A 1.2.3.4', 'x TXT \\1', '$ORIGIN', '$TTL', '$INCLUDE', '$FOO bar', 'x TYPE0 \\# 0', 'x TYPE255 \\# 0', 'x OPT a', 'x AAAA 1::2::3', 'x AAAA 1:2:3', 'x AAAA 1.2.3.4', '*.d NS foo',
  '$TTL 1x\nx A 1.2.3.4', 'x NOTYPE data', 'x SRV 0 0 ns', `${'a'.repeat(64)} A 1.2.3.4`, `${'a.'.repeat(125)}bcdefg A 1.2.3.4`, `x TXT "${'a'.repeat(256)}"`, 'x TYPE4711 \\# 3 0a0b', 'x TYPE4711 0a0b',
  '$INCLUDE not-there', 'x DS 1 8 2 xy', 'x SOA a b 1 2 3 4', 'x HINFO a', 'x CNAME', 'x CNAME a b', 'x NS a..b', 'x 300 300 A 1.2.3.4',
];

/** What this server refuses although BIND serves it, and why. */
export const STRICTER: Readonly<Record<string, string>> = {
  'x 3000000000 A 1.2.3.4': 'BIND makes a time to live above 2^31-1 zero',
  '"x" A 1.2.3.4': 'a quoted name is rather a mistake',
  'x DNAME foo': 'DNAME is not served',
  'x TYPE39 \\# 1 00': 'DNAME is not served',
  'x TYPE1 \\# 4 01020304': 'a known type is written as text',
};
