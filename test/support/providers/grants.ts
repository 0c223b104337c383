import { createHash, randomBytes } from 'node:crypto';

export interface Client {
  readonly id: string;
  readonly secret: string;
  /** Compared letter by letter (RFC 9700, 2.1); may be filled once the app's port is known. */
  readonly redirectUris: string[];
}

/** What somebody agreed to when they were asked, and as whom. */
export interface Grant<Who> {
  readonly client: Client;
  readonly redirectUri: string;
  /** PKCE S256. */
  readonly challenge: string;
  readonly scopes: readonly string[];
  readonly nonce: string | null;
  readonly person: Who;
}

interface IssuedCode<Who> extends Grant<Who> {
  isSpent: boolean;
  readonly accessTokens: string[];
}

/** An error answer of RFC 6749, 5.2. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');

const VERIFIER = /^[\w.~-]{43,128}$/;

/** The codes and access tokens that a provider gave out. */
export class Grants<Who> {
  /** How often a code came again. */
  replays = 0;
  private readonly codes = new Map<string, IssuedCode<Who>>();
  private readonly grants = new Map<string, Grant<Who>>();

  /** Every access token ever issued, good or revoked. */
  readonly issuedTokens: string[] = [];

  issueCode(grant: Grant<Who>): string {
    const code = randomBytes(24).toString('base64url');
    this.codes.set(code, { ...grant, isSpent: false, accessTokens: [] });
    return code;
  }

  /**
   * Once, by the client it was issued to, with its redirect URI and the verifier of its challenge.
   * A code that comes again also ends the tokens it gave (RFC 6749, 4.1.2).
   * @throws Refusal
   */
  redeem(client: Client, form: URLSearchParams): { grant: Grant<Who>; accessToken: string } {
    const code = form.get('code');
    if (!code) throw new Refusal('invalid_request', 'code is missing');
    const issued = this.codes.get(code);
    if (issued?.client !== client) throw new Refusal('invalid_grant', 'no such code');
    if (issued.isSpent) {
      this.replays++;
      for (const accessToken of issued.accessTokens) this.grants.delete(accessToken);
      throw new Refusal('invalid_grant', 'the code was used');
    }
    issued.isSpent = true;
    if (form.get('redirect_uri') !== issued.redirectUri)
      throw new Refusal('invalid_grant', 'another redirect_uri');
    const verifier = form.get('code_verifier') ?? '';
    if (!VERIFIER.test(verifier))
      throw new Refusal('invalid_request', 'code_verifier is missing or malformed');
    if (challengeOf(verifier) !== issued.challenge)
      throw new Refusal('invalid_grant', 'code_verifier does not match');
    const accessToken = randomBytes(24).toString('base64url');
    issued.accessTokens.push(accessToken);
    this.grants.set(accessToken, issued);
    this.issuedTokens.push(accessToken);
    return { grant: issued, accessToken };
  }

  findByToken(accessToken: string): Grant<Who> | null {
    return this.grants.get(accessToken) ?? null;
  }
}
