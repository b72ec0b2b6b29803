import { exitCodes, Failure } from "../failure.ts";

/** What is read again and again goes on where the coordinator is away for a while; undefined says that it is. */
export async function unlessAway<Reply>(read: () => Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== exitCodes.unreachable) throw error;
    process.stderr.write(`larder: ${error.message}; going on\n`);
    return undefined;
  }
}
