import { useCallback, useEffect, useState } from "preact/hooks";

/** Something that was asked for, as it stands. */
export interface Asked<Reply> {
  readonly reply: Reply | undefined;
  readonly error: string | undefined;
  readonly isBusy: boolean;
  again(): void;
}

/** Asks whenever one of `by` changes. What has come stays while more is asked, so that nothing jumps. */
export function useAsked<Reply>(ask: () => Promise<Reply>, by: readonly unknown[]): Asked<Reply> {
  const [state, setState] = useState<Omit<Asked<Reply>, "again">>({ reply: undefined, error: undefined, isBusy: true });
  const [turn, setTurn] = useState(0);
  // What `ask` depends on is in `by`.
  useEffect(() => {
    let isWanted = true;
    setState((before) => ({ ...before, isBusy: true }));
    ask().then(
      (reply) => isWanted && setState({ reply, error: undefined, isBusy: false }),
      (error: Error) => isWanted && setState((before) => ({ ...before, error: error.message, isBusy: false })),
    );
    return () => {
      isWanted = false;
    };
  }, [...by, turn]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  return { ...state, again };
}
