/** A refusal whose message is one line that says what to do. */
export class CliError extends Error {}
