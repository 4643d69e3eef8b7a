/** Events and errors as scripts construct them, and on… attributes. webrtc.html §4.8, §6.3, §11; HTML §8.1.8.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  RTCDataChannelEvent,
  RTCError,
  RTCErrorEvent,
  RTCIceCandidate,
  RTCPeerConnection,
  RTCPeerConnectionIceErrorEvent,
  RTCPeerConnectionIceEvent,
} from '../../../src/node/webrtc/index.ts';

/** What no compiler would let through. */
const wrongly = <T>(value: unknown): T => value as T;

test('an RTCError is an OperationError with details', () => {
  const error = new RTCError({ errorDetail: 'sctp-failure', sctpCauseCode: 12 }, 'the peer aborted');
  assert.ok(error instanceof DOMException);
  assert.equal(error.name, 'OperationError');
  assert.equal(error.message, 'the peer aborted');
  assert.equal(error.errorDetail, 'sctp-failure');
  assert.equal(error.sctpCauseCode, 12);
  assert.equal(error.sdpLineNumber, null);
  assert.equal(error.receivedAlert, null);
  assert.equal(error.sentAlert, null);
});

test('an RTCError needs a detail that exists', () => {
  assert.throws(() => new RTCError(wrongly({})), TypeError);
  assert.throws(() => new RTCError(wrongly({ errorDetail: 'weather' })), TypeError);
  assert.throws(() => new RTCError(wrongly('dtls-failure')), TypeError);
});

test('an RTCErrorEvent carries an RTCError and nothing else', () => {
  const error = new RTCError({ errorDetail: 'dtls-failure', sentAlert: 40 });
  const event = new RTCErrorEvent('error', { error, cancelable: true });
  assert.equal(event.error, error);
  assert.equal(event.cancelable, true);
  assert.throws(() => new RTCErrorEvent('error', wrongly({})), TypeError);
  assert.throws(() => new RTCErrorEvent('error', wrongly({ error: new Error('x') })), TypeError);
  assert.throws(() => new RTCErrorEvent('error', wrongly(undefined)), TypeError);
});

test('an icecandidate event has a candidate or null', () => {
  const candidate = new RTCIceCandidate({ sdpMid: '0' });
  const event = new RTCPeerConnectionIceEvent('icecandidate', { candidate, url: 'stun:a.example' });
  assert.equal(event.candidate, candidate);
  assert.equal(event.url, 'stun:a.example');
  assert.equal(new RTCPeerConnectionIceEvent('icecandidate').candidate, null);
  assert.equal(new RTCPeerConnectionIceEvent('icecandidate', { candidate: null }).url, null);
  assert.throws(() => new RTCPeerConnectionIceEvent('x', wrongly({ candidate: {} })), TypeError);
  assert.throws(() => Reflect.construct(RTCPeerConnectionIceEvent, []), TypeError);
});

test('an icecandidateerror event has its code', () => {
  const init = { address: null, port: null, url: 'turn:t.example', errorCode: 401, errorText: 'who?' };
  const event = new RTCPeerConnectionIceErrorEvent('icecandidateerror', init);
  assert.equal(event.errorCode, 401);
  assert.equal(event.url, 'turn:t.example');
  assert.equal(event.address, null);
  assert.throws(() => new RTCPeerConnectionIceErrorEvent('x', wrongly({})), TypeError);
});

test('a datachannel event needs a channel', () => {
  assert.throws(() => new RTCDataChannelEvent('datachannel', wrongly({ channel: {} })), TypeError);
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel('x');
  assert.equal(new RTCDataChannelEvent('datachannel', { channel }).channel, channel);
  connection.close();
});

test('an on… attribute keeps its place among listeners, and gives it up when it is cleared', () => {
  const connection = new RTCPeerConnection();
  const heard: string[] = [];
  const hear = (name: string) => () => void heard.push(name);
  connection.onicecandidate = hear('first');
  connection.addEventListener('icecandidate', hear('second'));
  connection.onicecandidate = hear('first again');
  connection.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate'));
  assert.deepEqual(heard.splice(0), ['first again', 'second']);

  connection.onicecandidate = null;
  assert.equal(connection.onicecandidate, null);
  connection.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate'));
  assert.deepEqual(heard.splice(0), ['second']);

  connection.onicecandidate = hear('last');
  connection.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate'));
  assert.deepEqual(heard.splice(0), ['second', 'last']);
  connection.close();
});

test('an on… attribute takes objects, ignores what is none, and prevents by false', () => {
  const connection = new RTCPeerConnection();
  connection.onnegotiationneeded = wrongly('text');
  assert.equal(connection.onnegotiationneeded, null);
  const object = {};
  connection.onnegotiationneeded = wrongly(object);
  assert.equal(connection.onnegotiationneeded, object);
  assert.equal(connection.dispatchEvent(new Event('negotiationneeded', { cancelable: true })), true);
  connection.onnegotiationneeded = () => false;
  assert.equal(connection.dispatchEvent(new Event('negotiationneeded', { cancelable: true })), false);
  connection.close();
});
