/** What handlers of compiled code answer that would change an argument. */
export const CONSTANT = 'arguments are constants in compiled code';
export const CONSTANT_HINT = `${CONSTANT}: wirelet write puts other code in the place of an appliance of a site (wirelet up); others run with --vmm node, or are started anew with another graph`;
