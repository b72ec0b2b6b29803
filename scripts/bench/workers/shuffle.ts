/** The items in an order that `seed` decides: each gets the next number of SplitMix32, and they are sorted by it. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  return items
    .map((item) => {
      state = (state + 0x9e3779b9) | 0;
      let at = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      at = Math.imul(at ^ (at >>> 15), 0x735a2d97);
      return { item, at: (at ^ (at >>> 15)) >>> 0 };
    })
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
