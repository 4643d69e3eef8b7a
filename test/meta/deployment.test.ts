/** What deploy/ and docs/ say of options must be true: names, values, and times that fit each other. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { loadSettings } from '../../src/server/settings/load.ts';
import { flagOf, variableOf } from '../../src/server/settings/option.ts';
import { OPTION_KEYS } from '../../src/server/settings/options.ts';
import { parseYaml, type Yaml } from '../support/yaml.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');

/** Walks down; fails with the place where there is nothing. */
function at(value: Yaml | undefined, ...keys: readonly (string | number)[]): Yaml {
  let here: Yaml | undefined = value;
  for (const [depth, key] of keys.entries()) {
    assert.ok(typeof here === 'object' && here !== null, `nothing at ${keys.slice(0, depth + 1).join('.')}`);
    here = Array.isArray(here) ? here[Number(key)] : (here as Record<string, Yaml>)[key];
  }
  assert.ok(here !== undefined, `nothing at ${keys.join('.')}`);
  return here;
}

function record(value: Yaml): Readonly<Record<string, Yaml>> {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value));
  return value as Record<string, Yaml>;
}

function list(value: Yaml): readonly Yaml[] {
  assert.ok(Array.isArray(value));
  return value;
}

/** As a process that was started so would load them. Files that are named need not be there. */
function load(argv: readonly Yaml[], environment: Readonly<Record<string, string>>, file = '{}') {
  const folder = mkdtempSync(path.join(tmpdir(), 'ieum-deploy-'));
  try {
    writeFileSync(path.join(folder, 'settings.json'), file);
    const words = argv
      .map(String)
      .filter((word, i, all) => word !== '--settings' && all[i - 1] !== '--settings');
    const { settings, warnings } = loadSettings({ argv: words, environment, folder });
    assert.deepEqual(warnings, []);
    return settings;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function secondsOf(text: Yaml): number {
  const [, amount] = /^(\d+)s$/.exec(String(text)) ?? [];
  assert.ok(amount, String(text));
  return Number(amount);
}

test('reads the YAML that is used here, and refuses what could be read in two ways', () => {
  assert.deepEqual(
    parseYaml('a:\n  - b: 1\n    c: "x: y"\n  - d\n# note\ne: |\n  {\n    1\n  }\nf: [1, "z"]\n'),
    [{ a: [{ b: 1, c: 'x: y' }, 'd'], e: '{\n  1\n}\n', f: [1, 'z'] }],
  );
  assert.deepEqual(parseYaml('a: 1\n---\nb:\n- true\n'), [{ a: 1 }, { b: [true] }]);
  for (const wrong of [
    'a: yes\n',
    'a: *b\n',
    'a: 1\na: 2\n',
    'a:\n\t- b\n',
    'a: b: c\n',
    'a: 1\n   b: 2\n',
    'a\n',
  ]) {
    assert.throws(() => parseYaml(wrong), /line \d+/, wrong);
  }
});

test('the compose file names options that there are, with values that they take', () => {
  const [compose] = parseYaml(read('deploy/compose.yaml'));
  for (const [name, service] of Object.entries(record(at(compose, 'services')))) {
    const given = Object.entries(record(at(service, 'environment'))).map(
      ([variable, value]) =>
        [
          variable,
          String(value)
            .replace(/^\$\{PUBLIC_IP:\?.*\}$/, '203.0.113.7')
            .replace(/^\$\{TURN_SECRET:\?.*\}$/, 'sixteen-characters'),
        ] as const,
    );
    const settings = load(list(at(service, 'command')), Object.fromEntries(given));
    assert.ok(secondsOf(at(service, 'stop_grace_period')) > settings.drainSeconds, name);
    assert.equal(at(service, 'build', 'dockerfile'), 'deploy/Dockerfile');
  }
  const call = at(compose, 'services', 'call');
  const ports = list(at(call, 'ports')).map(String);
  const { port, turnPort, relayPorts } = load(list(at(call, 'command')), {
    IEUM_PORT: String(at(call, 'environment', 'IEUM_PORT')),
    IEUM_RELAY_PORTS: String(at(call, 'environment', 'IEUM_RELAY_PORTS')),
  });
  const range = `${relayPorts.min}-${relayPorts.max}`;
  assert.deepEqual(ports, [
    `443:${port}/tcp`,
    `${turnPort}:${turnPort}/tcp`,
    `${turnPort}:${turnPort}/udp`,
    `${range}:${range}/udp`,
  ]);
});

test('the Kubernetes manifest starts a relay that its probes can reach and that has time to drain', () => {
  const [config, daemons] = parseYaml(read('deploy/kubernetes/relay.yaml'));
  const pod = at(daemons, 'spec', 'template', 'spec');
  const container = at(pod, 'containers', 0);
  const environment = list(at(container, 'env')).map(
    (entry) => [String(at(entry, 'name')), 'a-secret-of-the-cluster'] as const,
  );
  const settings = load(
    list(at(container, 'args')),
    Object.fromEntries(environment),
    String(at(config, 'data', 'settings.json')),
  );
  assert.equal(settings.mode, 'production');
  assert.equal(at(pod, 'hostNetwork'), true);
  assert.ok(Number(at(pod, 'terminationGracePeriodSeconds')) > settings.drainSeconds);
  assert.ok(settings.relayPorts.max - settings.relayPorts.min < 4096, 'a small range');
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    const { host, port, path: page } = record(at(container, probe, 'httpGet'));
    assert.deepEqual([host, port], [settings.healthHost, settings.healthPort]);
    assert.equal(page, probe === 'livenessProbe' ? '/healthz' : '/readyz');
  }
  assert.deepEqual(
    list(at(container, 'ports')).map((entry) => [at(entry, 'containerPort'), at(entry, 'protocol')]),
    [
      [settings.turnPort, 'UDP'],
      [settings.turnPort, 'TCP'],
      [settings.turnTlsPort, 'TCP'],
      [settings.turnTlsPort, 'UDP'],
    ],
  );
  const mounted = list(at(container, 'volumeMounts')).map((entry) => String(at(entry, 'mountPath')));
  for (const file of [settings.cert, settings.key])
    assert.ok(mounted.some((folder) => file?.startsWith(folder)));
});

test('the image starts the program that the package names, with options that there are', () => {
  const dockerfile = read('deploy/Dockerfile');
  const { main } = JSON.parse(read('package.json')) as { main: string };
  assert.ok(dockerfile.includes(`ENTRYPOINT ["node", "${main.replace('./', '')}"]`));
  const variables = [...dockerfile.matchAll(/\b(IEUM_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  assert.ok(variables.length >= 3);
  load(['turn'], Object.fromEntries(variables));
});

test('the systemd unit starts a relay that has time to drain', () => {
  const unit = read('deploy/ieum-turn.service');
  const [, started = ''] = /^ExecStart=\/usr\/bin\/node \S+\/dist\/cli\/main\.js (.*)$/m.exec(unit) ?? [];
  const environment = [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  const { drainSeconds } = load(started.split(' '), Object.fromEntries(environment));
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > drainSeconds);
});

test('the pages for operators name only options that there are', () => {
  const flags = new Set(OPTION_KEYS.flatMap((key) => [flagOf(key), `--no-${flagOf(key).slice(2)}`]));
  const variables = new Set(OPTION_KEYS.map(variableOf));
  const own = COMMANDS.flatMap((command) => Object.keys(command.flags)).map((name) => `--${name}`);
  const others = new Set([...own, '--help', '--version']);
  for (const page of ['docs/hosting.md', 'docs/scale.md']) {
    const text = read(page);
    for (const [flag] of text.matchAll(/(?<![\w-])--[a-z][a-z\d-]+/g)) {
      assert.ok(flags.has(flag) || others.has(flag), `${page}: ${flag}`);
    }
    for (const [variable] of text.matchAll(/\bIEUM_[A-Z\d_]+/g))
      assert.ok(variables.has(variable), `${page}: ${variable}`);
  }
});
