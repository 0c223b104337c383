import { AuthorizationServer, type Registration } from './authorization-server';
import type { Exchange } from './exchange';
import type { Fault } from './faults';
import type { Grant } from './grants';
import type { LocalPerson, Shape } from './shapes';

/** Google, Discord or GitHub on loopback. */
export class LocalProvider extends AuthorizationServer<LocalPerson> {
  person: LocalPerson = {
    subject: '1815121018521127',
    email: 'ada@example.com',
    emailVerified: true,
    name: 'Ada Lovelace',
    username: 'ada',
    picture: 'https://pictures.example.com/ada.png',
  };
  emailsFault: Fault | null = null;
  /** Replaces the list of addresses, by the rules of `userinfo`. */
  emails: ((person: LocalPerson) => unknown) | null = null;

  private constructor(
    private readonly shape: Shape,
    registration: Registration,
  ) {
    super(registration, shape.paths);
    if (shape.paths.emails !== undefined)
      this.routes[shape.paths.emails] = (exchange) =>
        this.protect(exchange, this.emailsFault, (grant) => this.emailsOf(grant));
  }

  static async open(shape: Shape, registration: Registration): Promise<LocalProvider> {
    const provider = new LocalProvider(shape, registration);
    await provider.listen();
    return provider;
  }

  override get urls() {
    const { emails } = this.shape.paths;
    return { ...super.urls, emails: emails === undefined ? null : this.origin + emails };
  }

  /** The variables that point Gatehouse here. */
  env(prefix: string): Record<string, string> {
    const { authorization, token, userinfo, emails } = this.urls;
    const [client] = this.clients;
    const variables = {
      CLIENT_ID: client!.id,
      CLIENT_SECRET: client!.secret,
      AUTHORIZATION_URL: authorization,
      TOKEN_URL: token,
      USERINFO_URL: userinfo,
      ...(emails !== null && { EMAILS_URL: emails }),
      ...this.shape.settings,
    };
    return Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`${prefix}_${name}`, value]),
    );
  }

  protected override nameOf({ name }: LocalPerson): unknown {
    return name;
  }

  protected override userObject(person: LocalPerson, scopes: readonly string[]): unknown {
    return this.shape.user(person, scopes);
  }

  protected override async protect(
    exchange: Exchange,
    fault: Fault | null,
    answer: (grant: Grant<LocalPerson>) => unknown,
  ): Promise<void> {
    if (this.shape.wantsUserAgent && !exchange.headers['user-agent'])
      return exchange.json(403, { message: 'Request forbidden by administrative rules.' });
    return super.protect(exchange, fault, answer);
  }

  protected override answerToken(exchange: Exchange, status: number, answer: object): void {
    if (this.shape.encodesTokens && !exchange.headers.accept?.includes('json'))
      exchange.formEncoded(status, answer);
    else super.answerToken(exchange, status, answer);
  }

  private emailsOf({ person, scopes }: Grant<LocalPerson>): unknown {
    if (this.emails) return this.emails(person);
    const { email, emailVerified: verified } = person;
    if (!scopes.includes('user:email') || email === undefined || email === null) return [];
    return [{ email, primary: true, verified }];
  }
}
