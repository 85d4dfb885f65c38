/** Names of ICMP types and codes, as Click's IPNameInfo has them; numbers are IANA's (icmp-parameters). */

export const ICMP_TYPES: ReadonlyMap<string, number> = new Map(Object.entries({
  'echo-reply': 0, unreachable: 3, sourcequench: 4, redirect: 5, echo: 8, routeradvert: 9, routersolicit: 10,
  timeexceeded: 11, parameterproblem: 12, timestamp: 13, 'timestamp-reply': 14, inforeq: 15, 'inforeq-reply': 16,
  maskreq: 17, 'maskreq-reply': 18,
}));

/** Codes of a type, by the type's number. */
export const ICMP_CODES: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  3: {
    net: 0, host: 1, protocol: 2, port: 3, needfrag: 4, srcroutefail: 5, netunknown: 6, hostunknown: 7, isolated: 8, netprohibited: 9, hostprohibited: 10,
    nettos: 11, hosttos: 12, filterprohibited: 13, adminprohibited: 13, hostprecedence: 14, precedencecutoff: 15,
  },
  5: { net: 0, host: 1, nettos: 2, hosttos: 3 },
  11: { transit: 0, reassembly: 1 },
  12: { erroratptr: 0, missingopt: 1, length: 2 },
};

/** The name of a type; undefined: it has none. */
export function icmpTypeName(type: number): string | undefined {
  for (const [name, value] of ICMP_TYPES) if (value === type) return name;
  return undefined;
}

/** The name of a type's code; undefined: it has none. */
export function icmpCodeName(type: number, code: number): string | undefined {
  return Object.entries(ICMP_CODES[type] ?? {}).find(([, value]) => value === code)?.[0];
}
