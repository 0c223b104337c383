import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { cookieIn, renderCookie } from '../../auth/cookies/cookie-header';
import { AppConfig } from '../../config/app-config';
import { FLOW_SECONDS } from './flow';

const NAME = 'gatehouse_oauth_';
/** Several tabs may sign in at once. Beyond this the browser is asked to forget the others. */
const MOST_AT_ONCE = 4;

/**
 * The cookies that tie flows to the browser that began them (RFC 9700 §4.7): one for each flow,
 * named by a digest of its `state`, so that tabs do not disturb each other.
 */
@Injectable()
export class FlowCookies {
  private readonly prefix: string;
  private readonly isSecure: boolean;

  constructor({ addresses }: AppConfig) {
    this.isSecure = new URL(addresses.backendUrl).protocol === 'https:';
    // __Host-: only this host over TLS can have set it, no sibling domain (RFC 6265bis §4.1.3).
    this.prefix = this.isSecure ? `__Host-${NAME}` : NAME;
  }

  /** The Set-Cookie lines of a flow that begins. */
  begin(state: string, sealed: string, cookieHeader: string | undefined): string[] {
    const others = this.namesIn(cookieHeader);
    return [
      this.render(this.nameOf(state), sealed, FLOW_SECONDS),
      ...(others.length < MOST_AT_ONCE ? [] : others.map((name) => this.render(name, '', 0))),
    ];
  }

  /** The Set-Cookie line of a flow that is over. */
  end(state: string): string {
    return this.render(this.nameOf(state), '', 0);
  }

  /** What the browser kept of the flow with this `state`; null if it began none. */
  find(state: string, cookieHeader: string | undefined): string | null {
    return cookieIn(cookieHeader, this.nameOf(state));
  }

  private nameOf(state: string): string {
    const digest = createHash('sha256').update(state).digest('base64url');
    return this.prefix + digest.slice(0, 16);
  }

  private namesIn(cookieHeader = ''): string[] {
    return cookieHeader
      .split(';')
      .map((pair) => pair.trim().split('=')[0]!)
      .filter((name) => name.startsWith(this.prefix) && /^[\w-]+$/.test(name));
  }

  private render(name: string, value: string, maxAgeSeconds: number): string {
    const { isSecure } = this;
    return renderCookie(name, value, { path: '/', maxAgeSeconds, isHttpOnly: true, isSecure });
  }
}
