/** One line in plain words: what is wrong, what is being done, and the button that helps. */
import { TriangleAlert } from 'lucide';
import type { CallState } from '../../../src/client/index.ts';
import type { Session } from '../app/session.ts';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { errorWords, words } from '../words/words.ts';
import { panel } from './panel.ts';

interface Line {
  readonly text: string;
  readonly button?: { readonly text: string; readonly press: () => void };
  /** Stands behind "details". */
  readonly code: string;
}

function nameOf(state: CallState, id: string): string {
  return state.peers.find((peer) => peer.id === id)?.name ?? words().guest;
}

function troubleLine(session: Session): Line | undefined {
  const w = words();
  const state = session.state.value;
  const { trouble } = state;
  if (!trouble) return undefined;
  const again = { text: w.tryAgain, press: () => session.call.networkChanged() };
  const code = trouble.kind;
  switch (trouble.kind) {
    case 'signaling-lost':
      return { text: w.troubleSignalingLost, code };
    case 'server-restarting':
      return { text: w.troubleRestarting, code };
    case 'network-changed':
      return { text: w.troubleNetworkChanged, code };
    case 'peer-reconnecting':
      return { text: w.troublePeerReconnecting(nameOf(state, trouble.peer)), button: again, code };
    case 'peer-failed':
      return { text: w.troublePeerFailed(nameOf(state, trouble.peer)), button: again, code };
  }
}

function lineOf(session: Session): Line | undefined {
  const w = words();
  const { media, call } = session;
  const line = troubleLine(session);
  if (line) return line;
  const { error } = session.state.value;
  if (error) {
    return {
      text: errorWords(error.code),
      code: error.code,
      button: { text: w.dismiss, press: () => call.dismissError() },
    };
  }
  const button = {
    text: w.chooseDevice,
    press: () => {
      panel.value = 'more';
    },
  };
  const lost = media.lost.value;
  if (lost) {
    const text = lost === 'microphone' ? w.troubleMicrophoneEnded : w.troubleCameraEnded;
    return { text, code: `${lost}-ended`, button };
  }
  if (media.hushed.value && media.microphone.value) {
    return { text: w.troubleMicrophoneSilent, code: 'microphone-muted', button };
  }
  return undefined;
}

export function TroubleLine() {
  const line = lineOf(useSession());
  const w = words();
  return (
    <div role="status" aria-live="assertive">
      {line && (
        <div class="line trouble">
          <Icon of={TriangleAlert} />
          <p>{line.text}</p>
          <details class="trouble-code">
            <summary>{w.details}</summary>
            <span>{w.technical(line.code)}</span>
          </details>
          {line.button && (
            <button type="button" class="button button-quiet" onClick={line.button.press}>
              {line.button.text}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
