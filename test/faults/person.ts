import { setTimeout } from 'node:timers/promises';
import type { Call } from '../support/api';
import { tokenIn } from '../support/inbox';
import type { Client, Settled } from './client';
import type { Dice } from './dice';
import type { DeviceSession, Ledger } from './ledger';
import type { Delivery, MailServer } from './mail-server';
import { GRACE_SECONDS } from './settings';
import type { Traffic } from './traffic';

const VERIFICATION = /^Confirm your e-mail address/;
const RESET = /^Reset your/;
/** How long somebody looks for a mail before they do something else, or ask for another. */
const READS_MAIL_MS = 12_000;
const MOST_LINKS = 3;
/** A little later than that the grace is over. */
const PAST_GRACE_MS = GRACE_SECONDS * 1000 + 200;

export interface Surroundings {
  readonly client: Client;
  readonly mails: MailServer;
  readonly traffic: Traffic;
  readonly dice: Dice;
  /** Whether to begin nothing new and to wait for nothing. */
  readonly isOver: () => boolean;
}

/** Somebody with an account, who does one thing after the other and remembers what came of it. */
export class Person {
  constructor(
    readonly ledger: Ledger,
    private readonly surroundings: Surroundings,
  ) {}

  async signUp(): Promise<boolean> {
    const { username, email, password } = this.ledger;
    const done = await this.post('register', { username, email, password });
    const { status, body } = done.answer;
    // The attempt before was carried out, and its answer lost.
    const wasDone = done.unclear > 0 && status === 409 && body.code === 'username_taken';
    if (status !== 201 && !wasDone) return this.surprise('register', done);
    this.ledger.isRegistered = true;
    this.ledger.record('user_registered');
    return true;
  }

  /** Reads the mail and follows its link; where none comes asks for another, and later gives up. */
  async verify(): Promise<boolean> {
    for (let asked = 0; !this.surroundings.isOver(); asked++) {
      const mail = await this.mail(VERIFICATION);
      if (mail) return this.confirm(mail);
      if (asked === MOST_LINKS) break;
      await this.post('email/verification/request', { email: this.ledger.email });
    }
    return false;
  }

  async confirm(mail: Delivery): Promise<boolean> {
    const done = await this.post('email/verification/confirm', { token: tokenIn(mail) });
    if (done.answer.status !== 200) return this.surprise('verify', done);
    if (!this.ledger.isVerified) this.ledger.record('email_verified');
    this.ledger.isVerified = true;
    return true;
  }

  async signIn(): Promise<boolean> {
    const { username, password } = this.ledger;
    const done = await this.post('login', { username, password });
    if (done.answer.status !== 200) return this.surprise('sign in', done);
    this.ledger.open(done.answer.body);
    this.ledger.record('sign_in_succeeded', done.unclear);
    return true;
  }

  async mistype(): Promise<void> {
    const { username, password } = this.ledger;
    const done = await this.post('login', { username, password: `${password}.` });
    if (done.answer.body?.code !== 'invalid_credentials')
      return void this.surprise('sign in with a wrong password', done);
    this.ledger.record('sign_in_failed', done.unclear);
  }

  async look(session: DeviceSession): Promise<void> {
    const done = await this.me(session);
    if (done.answer.status !== 200 || done.answer.body.username !== this.ledger.username)
      this.surprise('me', done);
  }

  async refresh(session: DeviceSession): Promise<void> {
    await this.adopt(session, await this.rotate(session.refreshToken));
  }

  /** The answer is lost on its way, and the old token sent again at once. */
  async refreshAgain(session: DeviceSession): Promise<void> {
    const { refreshes } = this.surroundings.traffic;
    const lost = await this.rotate(session.refreshToken);
    if (lost.answer.status !== 200) return this.adopt(session, lost);
    const again = await this.rotate(session.refreshToken);
    if (again.answer.status === 200) {
      refreshes.lostAndCurrent++;
      if (again.answer.body.refresh_token !== lost.answer.body.refresh_token)
        this.surprise('refresh again: not the current pair', again);
    }
    await this.adopt(session, again, lost);
  }

  /** As `refreshAgain`, when the grace is over: theft, for all that the service can know. */
  async refreshTooLate(session: DeviceSession): Promise<void> {
    const lost = await this.rotate(session.refreshToken);
    if (lost.answer.status !== 200) return this.adopt(session, lost);
    await setTimeout(PAST_GRACE_MS);
    const late = await this.rotate(session.refreshToken);
    if (!isReuse(late)) return void this.surprise('refresh after the grace', late);
    this.surroundings.traffic.refreshes.lostAndReused++;
    await this.endReused(session);
  }

  async logout(session: DeviceSession): Promise<void> {
    const { accessToken: token, refreshToken: refresh_token } = session;
    const ways: Call[] = [
      { token, json: {} },
      { token, json: { refresh_token } },
      { json: { refresh_token } },
    ];
    const done = await this.ask('logout', this.surroundings.dice.one(ways));
    if (done.answer.status !== 200) return void this.surprise('logout', done);
    session.ended = 'logout';
    this.ledger.record('signed_out');
    await this.demandDead(session);
  }

  async logoutAll(session: DeviceSession): Promise<void> {
    const done = await this.ask('logout-all', { token: session.accessToken });
    const wasDone = done.unclear > 0 && done.answer.body?.code === 'invalid_access_token';
    if (done.answer.status !== 200 && !wasDone) return void this.surprise('logout-all', done);
    this.ledger.record('all_sessions_revoked', done.unclear);
    this.ledger.endSessions('logout-all');
    await this.demandDead(session);
  }

  /** The session that changes it stays, all others end. */
  async changePassword(session: DeviceSession): Promise<void> {
    const [current_password, new_password] = [this.ledger.password, this.ledger.nextPassword];
    const done = await this.ask('password/change', {
      json: { current_password, new_password },
      token: session.accessToken,
    });
    const wasDone = done.unclear > 0 && done.answer.body?.code === 'wrong_password';
    if (done.answer.status !== 200 && !wasDone) return void this.surprise('change password', done);
    this.ledger.replacePassword(new_password);
    this.ledger.record('password_changed');
    const others = this.ledger.live.filter((other) => other !== session);
    this.ledger.endSessions('password change', session);
    for (const other of others) await this.demandDead(other);
    await this.look(session);
  }

  /** Where the mail is slow to come they go on without. */
  async resetPassword(): Promise<void> {
    const since = Date.now();
    const asked = await this.post('password/reset/request', { email: this.ledger.email });
    if (asked.answer.status !== 200) return void this.surprise('request reset', asked);
    this.ledger.requestReset(asked.unclear);
    const mail = await this.mail(RESET, since);
    if (mail) await this.follow(mail);
  }

  private async follow(mail: Delivery): Promise<void> {
    const token = tokenIn(mail);
    const new_password = this.ledger.nextPassword;
    const done = await this.post('password/reset/confirm', { token, new_password });
    const isRefused = done.answer.body?.code === 'invalid_token';
    // A mail that was asked for earlier, made before the password changed, and came only now.
    if (isRefused && issuedAt(token) <= this.ledger.passwordChangedAt) return;
    const wasDone = done.unclear > 0 && isRefused;
    if (done.answer.status !== 200 && !wasDone) return void this.surprise('reset password', done);
    const [session] = this.ledger.live;
    this.ledger.replacePassword(new_password);
    this.ledger.record('password_reset');
    this.ledger.endSessions('password reset');
    if (session) await this.demandDead(session);
  }

  /** What is revoked is so for the very next request. */
  private async demandDead(session: DeviceSession): Promise<void> {
    const done = await this.me(session);
    if (done.answer.body?.code !== 'invalid_access_token')
      this.surprise(`me after ${session.ended}`, done);
  }

  private me({ accessToken: token }: DeviceSession): Promise<Settled> {
    return this.ask('me', { method: 'GET', token });
  }

  private rotate(refresh_token: string): Promise<Settled> {
    return this.post('refresh', { refresh_token });
  }

  /** @param lost the answer to an attempt before, which rotated */
  private async adopt(session: DeviceSession, done: Settled, lost?: Settled): Promise<void> {
    const { answer, unclear, at } = done;
    const { refreshes } = this.surroundings.traffic;
    if (answer.status === 200) {
      session.accessToken = answer.body.access_token;
      session.refreshToken = answer.body.refresh_token;
      if (unclear > 0) refreshes.unclearAndCurrent++;
      return;
    }
    // An earlier attempt rotated, and the outage outlasted the grace: the contract's own price.
    const { firstSentAt } = lost ?? done;
    const mayHaveRotated = lost !== undefined || unclear > 0;
    const isLate = mayHaveRotated && at - firstSentAt >= GRACE_SECONDS * 1000;
    if (!isLate || !isReuse(done)) return void this.surprise('refresh', done);
    refreshes.unclearAndReused++;
    await this.endReused(session);
  }

  private endReused(session: DeviceSession): Promise<void> {
    session.ended = 'reuse of its refresh token';
    this.ledger.record('refresh_token_reused');
    return this.demandDead(session);
  }

  /** The newest mail that came since; null if there is none after a while. */
  private async mail(subject: RegExp, since = 0): Promise<Delivery | null> {
    const { mails, isOver } = this.surroundings;
    for (const end = Date.now() + READS_MAIL_MS; Date.now() < end && !isOver();) {
      const mail = mails
        .to(this.ledger.email)
        .findLast((received) => received.at >= since && subject.test(received.subject));
      if (mail) return mail;
      await setTimeout(50);
    }
    return null;
  }

  private post(path: string, json: unknown): Promise<Settled> {
    return this.ask(path, { json });
  }

  private ask(path: string, call: Call & { method?: string }): Promise<Settled> {
    return this.surroundings.client.ask(path, `auth/${path}`, call);
  }

  private surprise(what: string, { answer, unclear, firstSentAt, at }: Settled): false {
    const { status, body } = answer;
    const times = `${unclear} unclear attempts, ${at - firstSentAt} ms`;
    const heard = `${status} ${body?.code ?? ''} (${times})`;
    this.surroundings.traffic.surprise(`${this.ledger.username}: ${what}: ${heard}`);
    return false;
  }
}

/** After a reuse whose answer was lost there is no session any more that could be reused. */
const isReuse = ({ answer: { body }, unclear }: Settled): boolean =>
  body?.code === 'refresh_token_reused' || (unclear > 0 && body?.code === 'invalid_refresh_token');

/** To the second, as tokens say it. */
function issuedAt(token: string): number {
  const { iat } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as {
    iat: number;
  };
  return iat * 1000;
}
