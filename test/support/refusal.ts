import { asLarderError, type LarderError } from "../../schema/errors.ts";

/** What a refusal tells its caller. */
type Refusal = Pick<LarderError, "code" | "message" | "field" | "limit">;

/** What `work` refuses with. @throws when it accepts, or fails in another way */
export function refusal(work: () => unknown): Refusal {
  try {
    work();
  } catch (thrown) {
    return refusalIn(thrown);
  }
  throw new Error("nothing was refused");
}

/** What a call refuses with, on whichever side of an RPC boundary. @throws when it accepts, or fails in another way */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (thrown) {
    return refusalIn(thrown);
  }
  throw new Error("nothing was refused");
}

function refusalIn(thrown: unknown): Refusal {
  const error = asLarderError(thrown);
  if (error === undefined) throw thrown;
  const { code, message, field, limit } = error;
  return {
    code,
    message,
    ...(field === undefined ? {} : { field }),
    ...(limit === undefined ? {} : { limit }),
  };
}
