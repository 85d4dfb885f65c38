export const CODES: Record<string, string> = {};
