/**
 * Runs in every page before its own scripts: remembers the page's RTCPeerConnections, so that tests can ask them
 * what was really received. Changes nothing that the page sees.
 */

declare global {
  interface Window {
    /** All RTCPeerConnections that the page has made, oldest first. */
    recordedPeerConnections: RTCPeerConnection[];
  }
}

/** To be given to `addInitScript`: it is sent as text, so it uses nothing from outside itself. */
export function recordPeerConnections(): void {
  const made: RTCPeerConnection[] = [];
  window.recordedPeerConnections = made;
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(this);
    }
  };
}
