import { readFileSync } from 'node:fs';
import { AUDIT_ACTIONS } from '../../src/audit/audit-event.entity';
import {
  BREACH_LOOKUPS,
  LIMIT_STORE_DECISIONS,
  MAIL_OUTCOMES,
  REFRESH_OUTCOMES,
  SIGN_IN_OUTCOMES,
} from '../../src/telemetry/outcomes';
import { knownMetrics } from '../support/known-metrics';

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const ALERTS = readFileSync('deploy/prometheus/alerts.yml', 'utf8');
const { panels } = JSON.parse(readFileSync('deploy/grafana/gatehouse.json', 'utf8')) as {
  readonly panels: readonly Panel[];
};

/** One rule as it is written: every one has these lines, in this order. */
const RULE =
  /^ {6}- alert: (\w+)\n {8}expr: >-\n((?: {10}.+\n)+)(?: {8}for: \d+m\n)? {8}labels:\n {10}severity: (?:page|warning)\n {8}annotations:\n {10}summary: (\S.*\S)\n {10}runbook_url: docs\/operations\.md#(\w+)\n/gm;

const alerts = Array.from(ALERTS.matchAll(RULE), ([, name, expression, summary, anchor]) => ({
  name: name!,
  expression: expression!,
  summary: summary!,
  anchor: anchor!,
}));
const expressions = [
  ...alerts.map(({ name, expression }) => ({ where: name, expression })),
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: title, expression: expr })),
  ),
];

const known = new Map(knownMetrics().map(({ name, labelNames }) => [name, labelNames]));
/** Of a histogram Prometheus makes three series. */
const metricOf = (series: string): string => {
  const histogram = series.replace(/_(?:bucket|count|sum)$/, '');
  return known.has(histogram) ? histogram : series;
};

const SERIES = /\b(?:gatehouse|nodejs|process)_\w+/g;
const SELECTOR = /\b((?:gatehouse|nodejs|process)_\w+)\{([^}]*)\}/g;
const MATCHER = /(\w+)(?:=~|!~|!=|=)"([^"]*)"/g;
/** What Prometheus adds itself. */
const ANYWHERE = ['job', 'instance', 'le'];

/** The values that a label of a metric can have, where they are few. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'gatehouse_sign_ins_total outcome': SIGN_IN_OUTCOMES,
  'gatehouse_refreshes_total outcome': REFRESH_OUTCOMES,
  'gatehouse_mails_total outcome': MAIL_OUTCOMES,
  'gatehouse_breached_password_lookups_total outcome': BREACH_LOOKUPS,
  'gatehouse_security_events_total action': AUDIT_ACTIONS,
  'gatehouse_limit_store_errors_total decision': LIMIT_STORE_DECISIONS,
  'gatehouse_mail_queue_jobs state': ['waiting', 'delayed', 'active', 'failed'],
  'gatehouse_source_up source': ['outbox', 'queue'],
};

describe.each(expressions)('$where', ({ expression }) => {
  it('asks for metrics that there are', () => {
    const asked = (expression.match(SERIES) ?? []).map(metricOf);
    expect(asked).not.toEqual([]);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('asks for labels, and values of them, that these have', () => {
    for (const [, series, selector] of expression.matchAll(SELECTOR)) {
      const metric = metricOf(series!);
      for (const [, label, value] of selector!.matchAll(MATCHER)) {
        expect([...ANYWHERE, ...known.get(metric)!]).toContain(label);
        const values = VALUES[`${metric} ${label}`] ?? value!.split('|');
        expect(values).toEqual(expect.arrayContaining(value!.split('|')));
      }
    }
  });
});

it('shows every metric of the service on the dashboard', () => {
  const shown = panels.flatMap(({ targets = [] }) =>
    targets.flatMap(({ expr }) => (expr.match(SERIES) ?? []).map(metricOf)),
  );
  const ours = [...known.keys()].filter((name) => name.startsWith('gatehouse_'));
  expect(ours.filter((name) => !shown.includes(name))).toEqual([]);
});

it('has every alert in the form that is checked here', () => {
  expect(alerts.map(({ name }) => name)).toEqual(
    Array.from(ALERTS.matchAll(/- alert: (\S+)/g), ([, name]) => name),
  );
  expect(ALERTS.match(/expr:/g)).toHaveLength(alerts.length);
});

it('has a runbook under the name of each alert, and none besides', () => {
  const operations = readFileSync('docs/operations.md', 'utf8');
  const runbooks = /\n## Runbooks\n(.*)$/s.exec(operations)![1]!;
  const headings = Array.from(runbooks.matchAll(/^### (.+)$/gm), ([, heading]) => heading);
  expect(headings).toEqual(alerts.map(({ name }) => name));
  for (const { name, anchor } of alerts) expect(anchor).toBe(name.toLowerCase());
});

it('names in its panels only alerts that there are', () => {
  const named = panels.flatMap(({ description = '' }) => description.match(/Gatehouse\w+/g) ?? []);
  const names = alerts.map(({ name }) => name);
  expect(named.filter((name) => !names.includes(name))).toEqual([]);
});
