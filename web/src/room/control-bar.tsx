/** The one bar: microphone, camera, share, chat, more, leave. */
import {
  Ellipsis,
  type IconNode,
  MessageSquare,
  Mic,
  MicOff,
  PhoneOff,
  ScreenShare,
  ScreenShareOff,
  Video,
  VideoOff,
} from 'lucide';
import { canShareScreen } from '../media/capture.ts';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';
import { toggleCamera, toggleMicrophone, toggleScreen } from './controls.ts';
import { panel, togglePanel } from './panel.ts';
import { useUnread } from './use-unread.ts';

interface BarButtonProps {
  readonly icon: IconNode;
  /** Below the icon. */
  readonly text: string;
  /** What pressing does, in full. */
  readonly label: string;
  readonly onPress: () => void;
  readonly look?: 'plain' | 'off' | 'active' | 'leave';
  readonly expanded?: boolean;
  readonly name: string;
  readonly badge?: number;
}

function BarButton({
  icon,
  text,
  label,
  onPress,
  look = 'plain',
  expanded,
  name,
  badge = 0,
}: BarButtonProps) {
  return (
    <button
      type="button"
      class={`bar-button bar-${look}`}
      data-control={name}
      aria-label={label}
      aria-expanded={expanded}
      title={label}
      onClick={onPress}
    >
      <span class="bar-icon">
        <Icon of={icon} size={24} />
        {badge > 0 && <span class="badge" data-count={badge > 9 ? '9+' : badge} />}
      </span>
      <span class="bar-text">{text}</span>
    </button>
  );
}

export function ControlBar() {
  const session = useSession();
  const { media } = session;
  const w = words();
  const muted = media.muted.value || media.microphone.value === null;
  const cameraOn = media.camera.value !== null;
  const sharing = media.screen.value !== null;
  const unread = useUnread();
  return (
    <nav class="bar" aria-label={w.callControls}>
      <BarButton
        name="microphone"
        icon={muted ? MicOff : Mic}
        text={w.microphoneShort}
        label={muted ? w.unmute : w.mute}
        look={muted ? 'off' : 'plain'}
        onPress={() => toggleMicrophone(session)}
      />
      <BarButton
        name="camera"
        icon={cameraOn ? Video : VideoOff}
        text={w.cameraShort}
        label={cameraOn ? w.cameraStop : w.cameraStart}
        look={cameraOn ? 'plain' : 'off'}
        onPress={() => toggleCamera(session)}
      />
      {canShareScreen() && (
        <BarButton
          name="share"
          icon={sharing ? ScreenShareOff : ScreenShare}
          text={sharing ? w.stop : w.share}
          label={sharing ? w.shareStop : w.shareStart}
          look={sharing ? 'active' : 'plain'}
          onPress={() => toggleScreen(session)}
        />
      )}
      <BarButton
        name="chat"
        icon={MessageSquare}
        text={w.chat}
        label={unread > 0 ? w.unread(unread) : w.chat}
        badge={unread}
        expanded={panel.value === 'chat'}
        onPress={() => togglePanel('chat')}
      />
      <BarButton
        name="more"
        icon={Ellipsis}
        text={w.more}
        label={w.more}
        expanded={panel.value === 'more'}
        onPress={() => togglePanel('more')}
      />
      <BarButton
        name="leave"
        icon={PhoneOff}
        text={w.leave}
        label={w.leave}
        look="leave"
        onPress={() => session.leave()}
      />
    </nav>
  );
}
