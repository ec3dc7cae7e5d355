/**
 * What is in `deploy/` speaks of a server that exists: its metrics, its settings, its ways in and out. Nobody
 * runs those files here, so a renamed metric would otherwise be found in the night when an alert stays silent.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { SETTINGS } from '../server/src/config.ts';
import { startTestServer, type TestServer } from '../server/test/support/test-server.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const TOKEN = 'a metrics token';
/** Prometheus makes this one itself. */
const METRICS_OF_PROMETHEUS = ['up'];

let server: TestServer;
let exposed: ReadonlySet<string>;
before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_METRICS_TOKEN: TOKEN } });
  const answer = await fetch(`${server.baseUrl}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } });
  const names = [...(await answer.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
  exposed = new Set([...names, ...METRICS_OF_PROMETHEUS]);
});
after(() => server[Symbol.asyncDispose]());

type Rule = {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
};
const rules = (): Rule[] =>
  (parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  );

type Panel = { title: string; targets?: { expr: string }[] };
const panels = (): Panel[] =>
  (JSON.parse(read('deploy/grafana/opencota.json')) as { panels: Panel[] }).panels;
const dashboardExpressions = () => panels().flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Names in an expression that stand where a metric does: not a function, a label, a keyword or a variable. */
function metricsOf(expression: string): string[] {
  const bare = expression
    .replaceAll(/\{[^}]*\}/g, '{}')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(?:by|on|ignoring|without)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ');
  const names = [...bare.matchAll(/\b[a-z_][a-z0-9_]*\b(?!\s*\()/gi)].map(([name]) => name);
  const keywords = new Set(['and', 'or', 'unless', 'sum', 'by', 'on', 'max', 'topk', 'e9']);
  return names.filter((name) => !keywords.has(name));
}

describe('alerts and the dashboard', () => {
  it('name only metrics that a server shows', () => {
    const named = [...rules().map(({ expr }) => expr), ...dashboardExpressions()].flatMap(metricsOf);
    assert.ok(named.length > 30, 'the expressions were read');
    assert.deepEqual(
      named.filter((name) => !exposed.has(name)),
      [],
    );
  });

  it('use every metric of our own in the dashboard', () => {
    const shown = new Set(dashboardExpressions().flatMap(metricsOf));
    const ours = [...exposed].filter((name) => name.startsWith('opencota_'));
    assert.deepEqual(
      ours.filter((name) => !shown.has(name)),
      [],
    );
  });

  it('choose by events and outcomes that the code can count', () => {
    const code = ['server/src/mqtt/events.ts', 'server/src/mqtt/limits.ts', 'server/src/observe/events.ts']
      .concat('server/src/observe/mqtt-events.ts')
      .map(read)
      .join('\n');
    const chosen = [...rules().map(({ expr }) => expr), ...dashboardExpressions()].flatMap((expr) =>
      [...expr.matchAll(/\b(?:event|outcome|loop)(?:=|!=|=~)"([^"]*)"/g)].flatMap(([, value]) =>
        value!.split('|'),
      ),
    );
    const unknown = chosen.filter((value) => {
      const limit = /^limit-(\w+)$/.exec(value)?.[1];
      return limit === undefined ? !code.includes(`'${value}'`) : !code.includes(`  ${limit}: number;`);
    });
    assert.ok(chosen.length > 8, 'the choices were read');
    assert.deepEqual(unknown, []);
  });

  it('say how bad it is, what it means and what to do, and lead to a section of the runbook', () => {
    const runbook = read('docs/operating/alerts.md');
    const sections = [...runbook.matchAll(/^## (OpenCota\w+)$/gm)].map(([, name]) => name!);
    assert.deepEqual(
      rules().map(({ alert }) => alert),
      sections,
      'one section for each alert, in the same order',
    );
    for (const { alert, labels, annotations } of rules()) {
      assert.match(labels.severity, /^(critical|warning)$/, alert);
      for (const part of ['summary', 'description', 'action'])
        assert.ok(annotations[part], `${alert}: ${part}`);
      assert.equal(annotations.runbook, `docs/operating/alerts.md#${alert.toLowerCase()}`);
    }
  });
});

describe('the image and the unit', () => {
  it('set only settings that exist', () => {
    const text = ['Dockerfile', 'compose.yaml', 'opencota.service', 'nginx.conf']
      .map((name) => read(`deploy/${name}`))
      .join('\n');
    const named = new Set([...text.matchAll(/\bOPENCOTA_[A-Z_]+\b/g)].map(([name]) => name));
    assert.ok(named.size > 2, 'the settings were read');
    assert.deepEqual(
      [...named].filter((name) => !Object.hasOwn(SETTINGS, name)),
      [],
    );
  });

  it('give the drain the time it takes', () => {
    const drainMs = Number(
      /DRAIN_WITHIN_MS = ([\d_]+)/.exec(read('server/src/serve.ts'))![1]!.replaceAll('_', ''),
    );
    const seconds = (path: string, pattern: RegExp) => Number(pattern.exec(read(path))![1]);
    assert.ok(seconds('deploy/opencota.service', /^TimeoutStopSec=(\d+)$/m) * 1000 > drainMs);
    assert.ok(seconds('deploy/compose.yaml', /stop_grace_period: (\d+)s$/m) * 1000 > drainMs);
  });

  it('take nothing from the image but the data', () => {
    const compose = parse(read('deploy/compose.yaml')) as {
      services: { opencota: Record<string, unknown> };
    };
    const { read_only, cap_drop, security_opt, volumes } = compose.services.opencota;
    assert.deepEqual(
      { read_only, cap_drop, security_opt, volumes },
      {
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        volumes: ['data:/data'],
      },
    );
    const last = read('deploy/Dockerfile')
      .split(/^FROM /m)
      .at(-1)!;
    assert.match(last, /^USER node\nVOLUME \/data$/m);
  });

  it('call a server healthy that is ready, and no other', async () => {
    const script = /CMD \["node", "-e", "(.*)"\]/.exec(read('deploy/Dockerfile'))![1]!;
    const check = (port: number) =>
      promisify(execFile)(process.execPath, ['-e', script], {
        env: { OPENCOTA_HTTP_PORT: String(port) },
      });
    await check(server.app.httpPort);
    await assert.rejects(check(server.mqttPort), { code: 1 });
  });
});
