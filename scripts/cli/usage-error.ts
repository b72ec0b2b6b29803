/** A command that cannot be followed as it was given; the message says what would do. The exit code is then 2. */
export class UsageError extends Error {}
