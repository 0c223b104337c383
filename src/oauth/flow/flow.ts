/** One sign-in at a provider, from the redirect there until its callback. */
export interface Flow {
  readonly id: string;
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Where the browser goes in the end; null for the usual place. */
  readonly redirectTo: string | null;
  /** The session that asked to link; null where somebody signs in. */
  readonly linker: { readonly userId: string; readonly sessionId: string } | null;
  readonly expiresAt: Date;
}

export const FLOW_SECONDS = 600;
