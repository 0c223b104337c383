// Loads, each answering with what it measured.
import autocannon from 'autocannon';
import { Client } from 'undici';

export const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const JSON_BODY = { 'content-type': 'application/json' };

/** Requests a second over so many connections; `each` says what one adds to `request`, in turns. */
export async function rateOf({ origin, request, each, connections = 64, seconds = SECONDS }) {
  let n = 0;
  const result = await autocannon({
    url: origin,
    connections,
    duration: seconds,
    requests: [{ ...request, setupRequest: (one) => ({ ...one, ...each[n++ % each.length] }) }],
  });
  const refused = result.non2xx + result.errors;
  if (refused > 0) throw new Error(`${request.path}: ${refused} were refused`);
  return result.requests.average;
}

/** Each connection refreshes its own session again and again, as fast as it is answered. */
export async function refreshRateOf(url, refreshTokens) {
  const end = performance.now() + SECONDS * 1000;
  const { origin, pathname: path } = new URL(url);
  const tab = async (first) => {
    const client = new Client(origin);
    let done = 0;
    for (let token = first; performance.now() < end; done++) {
      const answer = await post(client, path, { refresh_token: token });
      token = answer.refresh_token ?? token;
    }
    await client.close();
    return done;
  };
  const counts = await Promise.all(refreshTokens.map(tab));
  return counts.reduce((sum, count) => sum + count, 0) / SECONDS;
}

export async function post(client, path, body, headers = {}) {
  const { statusCode, body: answer } = await client.request({
    method: 'POST',
    path,
    headers: { ...JSON_BODY, ...headers },
    body: JSON.stringify(body),
  });
  if (statusCode >= 300) throw new Error(`${path}: ${statusCode} ${await answer.text()}`);
  return answer.json();
}

/** Checks a second with as many in flight as there are cores, and nothing else going on. */
export async function hashingRateOf(job, inFlight) {
  const end = performance.now() + SECONDS * 1000;
  let done = 0;
  const lane = async () => {
    for (; performance.now() < end; done++) await job();
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return done / SECONDS;
}

/** What each of the rounds gives. */
export async function inRounds(measure) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure());
  return rounds;
}

/**
 * What is measured against its limit, in turns, so that a noisy neighbour disturbs both alike. The
 * median of the rounds' ratios, and of each.
 */
export async function compared(measure, measureLimit) {
  const rounds = await inRounds(async () => {
    const limit = await measureLimit();
    return { rate: await measure(), limit };
  });
  return {
    rate: median(rounds.map(({ rate }) => rate)),
    limit: median(rounds.map(({ limit }) => limit)),
    ratio: median(rounds.map(({ rate, limit }) => rate / limit)),
  };
}

/** Milliseconds of one request after another, with a pause between them: the 50th and the 99th. */
export async function latencyOf(ask, { times, pauseMs = 0 }) {
  const taken = [];
  for (let n = 0; n < times; n++) {
    const startedAt = performance.now();
    await ask(n);
    taken.push(performance.now() - startedAt);
    if (pauseMs) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return { p50: percentile(taken, 0.5), p99: percentile(taken, 0.99) };
}

const percentile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
export const median = (values) => percentile(values, 0.5);
