/** Three soft notes through a chosen speaker. */
import { audioContext, wakeAudio } from './level-meter.ts';

/** An open fifth and its octave: heard on any speaker, startling nobody. Hertz. */
const NOTES = [440, 660, 880];
const NOTE_SECONDS = 0.22;
const LOUDNESS = 0.18;

/** Resolves when the last note has faded. */
export async function playTestTone(speakerId: string | undefined): Promise<void> {
  const context = audioContext();
  wakeAudio();
  const destination = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = destination.stream;
  if (speakerId !== undefined && 'setSinkId' in element)
    await element.setSinkId(speakerId).catch(() => undefined);
  await element.play();
  const start = context.currentTime + 0.05;
  NOTES.forEach((frequency, index) => {
    const tone = new OscillatorNode(context, { frequency });
    const gain = new GainNode(context, { gain: 0 });
    const at = start + index * NOTE_SECONDS;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_SECONDS * 1.8);
    tone.connect(gain).connect(destination);
    tone.start(at);
    tone.stop(at + NOTE_SECONDS * 2);
  });
  await new Promise((done) => setTimeout(done, (NOTES.length + 1.5) * NOTE_SECONDS * 1000));
  element.pause();
  element.srcObject = null;
}
