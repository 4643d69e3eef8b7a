/** Carries out the steps of a negotiation on nothing, and objects to those that make no sense where they come. */
import assert from 'node:assert/strict';
import type { NegotiationStep } from '../../../src/peer/negotiation/index.ts';

export class TransportModel {
  readonly #everUsed = new Set<string>();
  role: 'controlling' | 'controlled' | undefined;
  /** In use, and begun for a restart. */
  generation: string | undefined;
  restart: string | undefined;
  remote: string | undefined;
  dtls: 'client' | 'server' | undefined;
  sctp = false;

  carryOut(steps: readonly NegotiationStep[]): void {
    for (const step of steps) this.#carryOut(step);
  }

  #carryOut(step: NegotiationStep): void {
    switch (step.step) {
      case 'yield':
        return;
      case 'ice-role':
        assert.equal(this.generation, undefined, 'a role is not changed while ICE runs');
        this.role = step.role;
        return;
      case 'gather': {
        const { usernameFragment } = step.ice;
        assert.ok(!this.#everUsed.has(usernameFragment), 'credentials are not used twice');
        this.#everUsed.add(usernameFragment);
        assert.ok(this.role, 'the role is known before the first check');
        assert.equal(step.restart, this.generation !== undefined);
        if (step.restart) this.restart = usernameFragment;
        else this.generation = usernameFragment;
        return;
      }
      case 'abandon-restart':
        assert.ok(this.restart, 'there is a restart to be abandoned');
        assert.equal(step.ice.usernameFragment, this.generation);
        this.restart = undefined;
        return;
      case 'abandon-transport':
        assert.ok(this.generation !== undefined && this.remote === undefined);
        this.#end();
        return;
      case 'remote-ice':
        assert.ok(this.generation, 'something was gathered');
        this.generation = this.restart ?? this.generation;
        this.restart = undefined;
        this.remote = step.ice.usernameFragment;
        return;
      case 'remote-candidate':
      case 'end-of-remote-candidates':
        assert.ok(this.remote, 'it is known whose they are');
        return;
      case 'dtls':
        assert.ok(this.remote, 'DTLS needs ICE');
        assert.ok(step.fingerprints.length > 0);
        this.dtls = step.role;
        return;
      case 'sctp':
        assert.ok(this.dtls, 'SCTP needs DTLS');
        this.sctp = true;
        return;
      case 'sctp-message-size':
        assert.ok(this.sctp);
        return;
      case 'close-sctp':
        assert.ok(this.sctp);
        this.sctp = false;
        return;
      case 'close-transport':
        assert.ok(this.remote);
        this.#end();
        return;
    }
  }

  #end(): void {
    this.role = undefined;
    this.generation = undefined;
    this.restart = undefined;
    this.remote = undefined;
    this.dtls = undefined;
    this.sctp = false;
  }
}
