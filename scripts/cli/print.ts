/**
 * Writes to stdout, all of it. Whoever has closed the other end, as `head` does, has read enough: that is no failure, and
 * nothing more need be written.
 */
export async function printed(text: string): Promise<"read" | "closed"> {
  const { stdout } = process;
  return new Promise((resolve, reject) => {
    const ended = (error?: NodeJS.ErrnoException | null) => {
      // The error comes as an event, too, after the write has been told of it.
      if (error == null) stdout.off("error", ended);
      if (error == null) resolve("read");
      else if (error.code === "EPIPE") resolve("closed");
      else reject(error);
    };
    stdout.once("error", ended);
    stdout.write(text, ended);
  });
}
