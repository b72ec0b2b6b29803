/** What an entry in the index is worth. `stale`: it is fresh no longer, or a soft purge has hit it. */
export const entryStates = ["fresh", "stale", "purged"] as const;
export type EntryState = (typeof entryStates)[number];
