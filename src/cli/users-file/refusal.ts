/** Why a line was not imported. Stable codes; never a value from the line. */
export interface Reason {
  readonly code:
    | 'too_long'
    | 'not_utf8'
    | 'malformed'
    | 'duplicate_field'
    | 'unknown_field'
    | 'invalid'
    | 'id_taken'
    | 'username_taken'
    | 'email_taken'
    | 'identity_taken'
    | 'taken_meanwhile';
  readonly field: string | null;
  readonly detail: string;
}

export interface Refusal {
  readonly line: number;
  /** Null where the line has none that could be one. */
  readonly username: string | null;
  readonly reasons: readonly Reason[];
}

export const reason = (code: Reason['code'], field: string | null, detail: string): Reason => ({
  code,
  field,
  detail,
});

/** For people: `line 7: username must be …`. */
export const renderRefusal = ({ line, reasons }: Refusal): string =>
  `line ${line}: ${reasons.map(({ field, detail }) => (field ? `${field} ${detail}` : detail)).join('; ')}`;
