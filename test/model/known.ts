import type { Step } from "./program.ts";

const first = { cache: 0, page: 0 } as const;
const page = { ...first, tags: ["t"], permanent: false, life: 0 } as const;
const lasting = { ...page, life: 2 } as const;
const purge = { do: "purge", in: 0, what: { kind: "url", page: 0 }, cache: null, mode: "hard", tried: false } as const;
const match = { do: "match", in: 1, ...first, asked: "bounded" } as const;
const elsewhere = { ...match, page: 1 } as const;

/** Programs that have failed once, or that random ones seldom are. */
export const known: Readonly<Record<string, readonly Step[]>> = {
  "what is fallen back on may have been purged while the origin took its time to fail": [
    { do: "put", in: 0, ...lasting },
    { ...purge, mode: "soft" },
    { do: "wrap", in: 0, ...lasting, asked: "bounded" },
    purge,
    { do: "clock", seconds: 4.5 },
    { do: "origin", which: 0, answers: false },
  ],
  "the object's word on an old entry may come later than the bound allows": [
    { do: "put", in: 0, ...page },
    { do: "noise", in: 0, purges: 4 },
    elsewhere,
    { do: "link", in: 1, state: "slow-back" },
    match,
    purge,
    { do: "clock", seconds: 4.5 },
    { do: "deliver", which: 0 },
    { do: "deliver", which: 0 },
  ],
  "an entry found to be in force may have been replaced by one that is not, in the same millisecond": [
    { do: "wrap", in: 0, ...page, tags: ["u"], asked: "bounded" },
    { do: "put", in: 0, ...page, tags: [] },
    { ...purge, what: { kind: "tags", tags: ["u"], prefix: "" } },
    { do: "noise", in: 0, purges: 4 },
    elsewhere,
    { do: "link", in: 1, state: "slow-back" },
    match,
    { do: "origin", which: 0, answers: true },
    { do: "deliver", which: 0 },
    { do: "link", in: 1, state: "up" },
    { ...match, asked: "strong" },
  ],
  "a reply from before the namespace was emptied may come after one from after": [
    { do: "put", in: 0, ...page },
    { do: "link", in: 1, state: "slow-back" },
    elsewhere,
    { do: "empty" },
    { do: "link", in: 1, state: "up" },
    { do: "clock", seconds: 4.5 },
    { ...match, asked: "strong" },
    { do: "deliver", which: 0 },
    match,
  ],
  "a sync under way when a purge is made does not do for who holds its version": [
    { do: "put", in: 1, ...page },
    { do: "clock", seconds: 2.5 },
    { do: "link", in: 1, state: "slow-back" },
    match,
    { ...purge, in: 2 },
    { ...match, asked: { atLeast: 0 } },
    { do: "link", in: 1, state: "up" },
    { do: "deliver", which: 0 },
  ],
  "a reply that took long confirms the log as of when it was asked for": [
    { do: "put", in: 1, ...page },
    { do: "clock", seconds: 2.5 },
    { do: "link", in: 1, state: "slow-back" },
    match,
    purge,
    { do: "clock", seconds: 2.5 },
    { do: "deliver", which: 0 },
    { do: "link", in: 1, state: "up" },
    { do: "clock", seconds: 2.5 },
    match,
  ],
  "a sync under way when a purge is made does not do for who asks strongly": [
    { do: "put", in: 1, ...page },
    { do: "clock", seconds: 2.5 },
    { do: "link", in: 1, state: "slow-back" },
    match,
    { ...purge, in: 2 },
    { ...match, asked: "strong" },
    { do: "link", in: 1, state: "up" },
    { do: "deliver", which: 1 },
    { do: "deliver", which: 0 },
  ],
  "a purge whose reply comes after its own revocation's stays taken back": [
    { do: "put", in: 0, ...page },
    { do: "link", in: 0, state: "slow-back" },
    purge,
    { do: "link", in: 0, state: "up" },
    { do: "revoke", in: 0, which: 0 },
    { do: "deliver", which: 0 },
  ],
  "a whole log that comes late does not take the place of a newer one": [
    { do: "put", in: 0, ...page },
    { do: "link", in: 1, state: "slow-back" },
    elsewhere,
    { do: "link", in: 1, state: "up" },
    { ...purge, in: 1 },
    { do: "deliver", which: 0 },
    match,
  ],
  "a refresh that a purge overtakes does not land as fresh": [
    { do: "put", in: 0, ...page, life: 1 },
    { ...purge, mode: "soft" },
    { do: "wrap", in: 0, ...page, asked: "bounded" },
    purge,
    { do: "origin", which: 0, answers: true },
    { ...match, asked: "strong" },
  ],
};
