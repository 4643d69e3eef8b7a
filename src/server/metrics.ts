/** Numbers for Prometheus in a registry of their own: the process, and what the parts report. Labels are bounded. */
import { X509Certificate } from 'node:crypto';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export class Metrics {
  readonly #registry = new Registry();

  constructor(version: string) {
    collectDefaultMetrics({ register: this.#registry });
    const info = new Gauge({
      name: 'ieum_info',
      help: 'Always 1; the labels say which version runs.',
      labelNames: ['version'],
      registers: [this.#registry],
    });
    info.set({ version }, 1);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** A number that is asked for when somebody reads the metrics. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** `pem`: the chain that is shown to clients, the leaf first. */
  certificateExpiry(pem: () => string): void {
    this.gauge('ieum_certificate_expiry_seconds', 'When the certificate ends, in seconds since 1970.', () =>
      Math.floor(Date.parse(new X509Certificate(pem()).validTo) / 1000),
    );
  }

  /** A number that only grows, kept by somebody else and asked for when the metrics are read. */
  total(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** Counts by one label. What is none of `values` counts as `other`, so that nobody can grow the table. */
  counter(name: string, help: string, label: string, values: readonly string[]): (value: string) => void {
    const counter = new Counter({ name, help, labelNames: [label], registers: [this.#registry] });
    for (const value of values) counter.inc({ [label]: value }, 0);
    return (value) => counter.inc({ [label]: values.includes(value) ? value : 'other' });
  }
}
