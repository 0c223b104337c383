import { parseRedisUrl, type RedisTarget } from './redis-url';

const nobody = { username: null, password: null };
const PLAIN: RedisTarget = {
  kind: 'single',
  nodes: [{ host: 'redis', port: 6379 }],
  tls: false,
  ...nobody,
  database: 0,
  master: null,
  sentinel: nobody,
};

const gate = { username: 'gate', password: 'hunter2' };

describe('parseRedisUrl', () => {
  it.each<[string, Partial<RedisTarget>]>([
    ['redis://redis', {}],
    ['redis://redis/', {}],
    ['redis://redis:6380/2', { nodes: [{ host: 'redis', port: 6380 }], database: 2 }],
    ['rediss://redis', { tls: true }],
    ['redis://10.0.0.7:1', { nodes: [{ host: '10.0.0.7', port: 1 }] }],
    ['redis://[2001:db8::7]:65535', { nodes: [{ host: '2001:db8::7', port: 65_535 }] }],
    ['redis://my_redis-1.internal.', { nodes: [{ host: 'my_redis-1.internal.', port: 6379 }] }],
    ['redis://gate:hunter2@redis', { ...gate, sentinel: gate }],
    [
      'redis://:p%40ss%2Fw%3Ard+1@redis',
      { password: 'p@ss/w:rd+1', sentinel: { username: null, password: 'p@ss/w:rd+1' } },
    ],
    ['redis://gate@redis', { username: 'gate', sentinel: { username: 'gate', password: null } }],
    [
      'redis+cluster://a,b:7001,[::1]:7002',
      {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 6379 },
          { host: 'b', port: 7001 },
          { host: '::1', port: 7002 },
        ],
      },
    ],
    ['rediss+cluster://redis/0', { kind: 'cluster', tls: true }],
  ])('reads %s', (text, parts) => {
    expect(parseRedisUrl(text)).toEqual({ ...PLAIN, ...parts });
  });

  it.each<[string, Partial<RedisTarget>]>([
    ['redis+sentinel://s1,s2:5000/3?master=gate', { database: 3, master: 'gate' }],
    ['rediss+sentinel://s1,s2:5000?master=the%20one', { tls: true, master: 'the one' }],
    [
      'redis+sentinel://gate:hunter2@s1,s2:5000?master=gate',
      { ...gate, master: 'gate', sentinel: gate },
    ],
    [
      'redis+sentinel://gate:hunter2@s1,s2:5000?master=gate&sentinel_username=s&sentinel_password=a+b%26',
      { ...gate, master: 'gate', sentinel: { username: 's', password: 'a+b&' } },
    ],
    [
      'redis+sentinel://gate:hunter2@s1,s2:5000?sentinel_password=&master=gate',
      { ...gate, master: 'gate', sentinel: nobody },
    ],
  ])('reads %s', (text, parts) => {
    const nodes = [
      { host: 's1', port: 26_379 },
      { host: 's2', port: 5000 },
    ];
    expect(parseRedisUrl(text)).toEqual({ ...PLAIN, kind: 'sentinel', nodes, ...parts });
  });

  it.each([
    '',
    'redis',
    'redis://',
    'redis:///0',
    'http://redis',
    'redis+other://redis',
    'redis://a,b',
    'redis://redis:0',
    'redis://redis:65536',
    'redis://redis:six',
    'redis://redis/first',
    'redis://redis/1000',
    'redis://a b',
    'redis://redis#x',
    'redis://user:p@ss@redis',
    'redis://user:%zz@redis',
    'redis://[::1',
    'redis://redis?family=6',
    'redis://redis?master=gate',
    'redis+cluster://a,,b',
    'redis+cluster://a/1',
    'redis+cluster://a?master=gate',
    'redis+sentinel://s1',
    'redis+sentinel://s1?master=',
    'redis+sentinel://s1?master=a&master=b',
    'redis+sentinel://s1?master=a&password=b',
  ])('reads nothing from %j', (text) => {
    expect(parseRedisUrl(text)).toBeNull();
  });
});
