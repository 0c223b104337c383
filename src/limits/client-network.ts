import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Some proxies put the port into X-Forwarded-For. */
const PORT = /^(?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+))(?::\d{1,5})?$/;
const UNKNOWN = 'unknown';

/**
 * What limits count an address as: an IPv4 address as itself, however it is written, and an IPv6
 * address as its /64, which is the least that one customer has (RFC 6177). What is no address is
 * all one, so that nobody gets a fresh count by making one up.
 */
export function networkOf(ip: string): string {
  if (isIPv4(ip)) return ip;
  const parts = PORT.exec(ip)?.groups;
  const bare = parts?.six ?? parts?.four ?? ip;
  if (!ipaddr.isValid(bare)) return UNKNOWN;
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  const network = (address as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
