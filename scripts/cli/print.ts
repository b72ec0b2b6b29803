/** Writes to stdout, all of it. Whoever has closed the other end, as `head` does, has read enough: that is no failure. */
export async function printed(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const ended = (error?: NodeJS.ErrnoException | null) =>
      error == null || error.code === "EPIPE" ? resolve() : reject(error);
    process.stdout.once("error", ended);
    process.stdout.write(text, ended);
  });
}
