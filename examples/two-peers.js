// Two peers in one process talk over a data channel: code as it would stand in a page. Run: npm run build && node examples/two-peers.js
import { RTCPeerConnection } from 'ieum/webrtc';

const alice = new RTCPeerConnection();
const bob = new RTCPeerConnection();

// In the real world these four go through a server of yours; here they are handed over.
alice.onicecandidate = ({ candidate }) => bob.addIceCandidate(candidate);
bob.onicecandidate = ({ candidate }) => alice.addIceCandidate(candidate);
alice.onnegotiationneeded = async () => {
  await alice.setLocalDescription();
  await bob.setRemoteDescription(alice.localDescription);
  await bob.setLocalDescription();
  await alice.setRemoteDescription(bob.localDescription);
};

bob.ondatachannel = ({ channel }) => {
  channel.onmessage = ({ data }) => channel.send(`${data} to you too`);
};

const channel = alice.createDataChannel('greetings');
channel.onopen = () => channel.send('hello');
channel.onmessage = ({ data }) => {
  process.stdout.write(`${data}\n`);
  alice.close();
  bob.close();
};
