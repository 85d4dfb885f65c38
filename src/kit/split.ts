/**
 * How an element works on several processors. There is a copy of it for each, which sees the packets of some flows, both
 * directions of each, and knows nothing of the others. That is right where what the element remembers is about single flows
 * (`flows`), or about what two hosts send each other (`hosts`: frames are then dealt out by their addresses alone); where each
 * copy works for itself as the one would for all (`each`: counts are added up, what handlers write goes to all); and where it
 * asks the network for addresses, the answers to which all copies get (`answers`). What changes addresses of flows keeps their
 * ports, or chooses with `copies.ours` such as come back to its own copy (`ports`: frames are then dealt out by their ports, or
 * identifiers of ICMP echoes, alone). What remembers where hosts are (`stations`) has a method `learn`, which each copy's is
 * given the beginning of frames that another copy takes, where these say something new: frames must come to it straight from
 * interfaces, as what lies between would not see them. `never` is why it cannot be right, for people.
 */
export type SplitKind = 'flows' | 'hosts' | 'ports' | 'each' | 'answers' | 'stations' | { readonly never: string };
