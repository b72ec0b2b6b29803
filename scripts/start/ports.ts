import { createServer } from "node:net";

/** Everything that is started here listens on this address and no other. */
export const host = "127.0.0.1";

/** A port that somebody else listens on. */
export class PortInUseError extends Error {
  constructor(port: number, cause: unknown) {
    super(`port ${port} on ${host} is in use or not permitted (${codeOf(cause)}); choose another base with --port`, {
      cause,
    });
  }
}

/**
 * Listens on each port for a moment. Asked before anything starts, since the runtime tells of a taken port only by
 * dying.
 *
 * @throws {PortInUseError}
 */
export async function assertFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const probe = createServer();
    probe.once("error", (error) => reject(new PortInUseError(port, error)));
    probe.listen(port, host, () => probe.close(() => resolve()));
    await promise;
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}
