/** One moving picture without sound; sound is played elsewhere, so pictures may always start by themselves. */
import { useEffect, useRef } from 'preact/hooks';

export interface VideoProps {
  readonly stream: MediaStream | undefined;
  readonly mirrored?: boolean;
  /** `auto` fills the tile unless that would cut away too much; `contain` never cuts. */
  readonly fit?: 'auto' | 'contain';
  readonly label: string;
}

/** Up to this difference of shape filling keeps a face in the middle: a wide picture in an upright tile of a phone. */
const LARGEST_CUT = 2.5;

function chooseFit(video: HTMLVideoElement): void {
  const box = video.clientWidth / Math.max(1, video.clientHeight);
  const picture = video.videoWidth / Math.max(1, video.videoHeight);
  const difference = Math.max(box / picture, picture / box);
  video.classList.toggle('video-cover', difference < LARGEST_CUT);
}

export function Video({ stream, mirrored = false, fit = 'auto', label }: VideoProps) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    // Setting the same stream again would blink.
    if (video.srcObject !== (stream ?? null)) video.srcObject = stream ?? null;
    if (stream) void video.play().catch(() => undefined); // A newer stream interrupts the older play(): no fault.
  }, [stream]);
  useEffect(() => {
    const video = element.current;
    if (!video || fit === 'contain') return;
    const choose = (): void => chooseFit(video);
    const observer = new ResizeObserver(choose);
    observer.observe(video);
    video.addEventListener('resize', choose);
    return () => {
      observer.disconnect();
      video.removeEventListener('resize', choose);
    };
  }, [fit]);
  return (
    <video
      ref={element}
      class={mirrored ? 'video video-mirrored' : 'video'}
      autoplay
      playsinline
      muted
      disablePictureInPicture={mirrored}
      aria-label={label}
    />
  );
}
