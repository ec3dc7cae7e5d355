/** What is installed: pinned, checked by digest, nothing run while installing, nothing older than its known flaws. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

type Locked = { version?: string; integrity?: string; link?: boolean };
type Manifest = Record<'dependencies' | 'devDependencies', Record<string, string> | undefined>;

const locked: Record<string, Locked> = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
const manifests = globSync('{.,*}/package.json').filter((path) => !path.includes('node_modules'));

/** The oldest version without a flaw that would matter here. */
const OLDEST: Readonly<Record<string, string>> = {
  // Validation skipped by an odd Content-Type (CVE-2025-32442, CVE-2026-25223), proxy headers (CVE-2026-3635).
  fastify: '5.8.3',
  // Denial of service by many headers (CVE-2024-37890).
  ws: '8.17.1',
};

function isAtLeast(version: string, oldest: string): boolean {
  const [ours, theirs] = [version, oldest].map((text) => text.split('.').map(Number));
  const differing = ours!.findIndex((part, index) => part !== theirs![index]);
  return differing < 0 || ours![differing]! > theirs![differing]!;
}

describe('dependencies', () => {
  it('are named by one exact version each', () => {
    const loose = manifests.flatMap((path) => {
      const { dependencies = {}, devDependencies = {} }: Manifest = JSON.parse(readFileSync(path, 'utf8'));
      return Object.entries({ ...dependencies, ...devDependencies })
        .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${path}: ${name} ${version}`);
    });
    assert.ok(manifests.length >= 6);
    assert.deepEqual(loose, []);
  });

  it('are locked with a digest', () => {
    const unchecked = Object.entries(locked)
      .filter(([path, { link }]) => path.includes('node_modules/') && !link)
      .filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
      .map(([path]) => path);
    assert.deepEqual(unchecked, []);
  });

  it('have a bill of materials: npm run sbom', () => {
    const { components } = JSON.parse(execFileSync('npm', ['run', '-s', 'sbom'], { encoding: 'utf8' }));
    const listed = new Set(components.map(({ purl }: { purl: string }) => purl));
    for (const name of ['fastify', 'nodemailer', 'react']) {
      const { version } = locked[`node_modules/${name}`]!;
      assert.ok(listed.has(`pkg:npm/${name}@${version}`), name);
    }
  });

  it('run nothing when they are installed', () => {
    assert.match(readFileSync('.npmrc', 'utf8'), /^ignore-scripts=true$/m);
  });

  it('are not older than their known flaws', () => {
    for (const [name, oldest] of Object.entries(OLDEST)) {
      const { version = '0.0.0' } = locked[`node_modules/${name}`] ?? {};
      assert.ok(isAtLeast(version, oldest), `${name} ${version} is older than ${oldest}`);
    }
  });
});

describe('vulnerabilities', () => {
  it('have a page that says how to report a vulnerability', () => {
    assert.match(
      readFileSync('SECURITY.md', 'utf8'),
      /^Report a vulnerability privately .*within five working days/ms,
    );
  });
});
