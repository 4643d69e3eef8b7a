/** 서버나 이 페이지가 거절할 때 하는 말. 빠진 코드가 있으면 타입 오류가 나요. */
import type { ErrorCode } from './error-code.ts';

export const errorsKo: Record<ErrorCode, string> = {
  MESSAGE_MALFORMED: '서버가 이 페이지의 말을 알아듣지 못했어요. 새로 고친 뒤 다시 해 보세요.',
  MESSAGE_UNKNOWN_TYPE: '서버가 모르는 것을 부탁했어요. 페이지를 새로 고쳐 주세요.',
  MESSAGE_TOO_LARGE: '한 번에 보내기에는 너무 커요. 나눠서 보내 주세요.',
  VERSION_UNSUPPORTED: '페이지와 서버의 버전이 달라요. 페이지를 새로 고쳐 주세요.',
  HELLO_REQUIRED: '연결이 잘못 시작됐어요. 페이지를 새로 고쳐 주세요.',
  RATE_LIMITED: '너무 빨라요. 잠시 뒤에 다시 해 주세요.',
  SERVER_FULL: '지금은 서버에 자리가 없어요. 나중에 다시 와 주세요.',
  SERVER_DRAINING: '서버가 곧 다시 시작해요. 잠시 뒤에 다시 해 주세요.',
  ROOM_UNKNOWN: '그런 방이 없어요. 링크를 확인하거나 새 통화를 시작해 주세요.',
  ROOM_FULL: '방에 자리가 없어요. 누가 나가거나 새 통화를 시작해야 해요.',
  ROOM_LOCKED: '방장이 방을 잠갔어요. 열어 달라고 부탁해 보세요.',
  PASSCODE_REQUIRED: '암호가 있는 방이에요. 초대한 사람에게 물어보세요.',
  PASSCODE_WRONG: '암호가 맞지 않아요. 확인하고 다시 넣어 주세요.',
  SEAT_STALE: '자리를 더는 맡아 두지 않았어요. 다시 들어가 주세요.',
  ALREADY_IN_ROOM: '이미 다른 방에 있어요. 먼저 나와 주세요.',
  NOT_IN_ROOM: '이제 이 방에 있지 않아요. 다시 들어가 주세요.',
  NOT_HOST: '방장만 할 수 있어요.',
  PARTICIPANT_UNKNOWN: '그 사람은 이제 여기 없어요.',
  SDP_TYPE_UNSUPPORTED: '상대 브라우저가 알 수 없는 종류의 SDP를 보냈어요.',
  MAILBOX_FULL: '상대가 너무 오래 자리를 비웠어요. 돌아올 때까지 기다려 주세요.',
  ROOM_REMOVED: '방장이 나를 이 방에서 내보냈어요.',
  CLIENT_CLOSED: '끝난 통화예요. 다시 하려면 페이지를 새로 고쳐 주세요.',
  CLIENT_TIMEOUT: '서버가 대답하지 않아요. 연결을 확인하고 다시 해 보세요.',
  CLIENT_SESSION_LOST: '그사이 서버와 다시 연결됐어요. 한 번 더 해 주세요.',
  CLIENT_OUTBOX_FULL: '서버를 기다리는 것이 너무 많아요. 연결이 돌아오면 다시 해 주세요.',
  CLIENT_FRAME_MALFORMED: '서버의 말을 이 페이지가 알아듣지 못했어요. 새로 고쳐 주세요.',
  CLIENT_NEGOTIATION_FAILED: '두 브라우저의 뜻이 맞지 않아서 연결을 새로 만들고 있어요…',
  CLIENT_CONNECTION_FAILED: '상대에게 가는 길이 없어요. 직접도, 중계로도 닿지 않아요.',
  CLIENT_TRACK_REFUSED: '브라우저가 이 장치를 보내지 못했어요. 다시 골라 주세요.',
  CLIENT_CHAT_TOO_LONG: '메시지가 너무 길어요. 줄이거나 나눠서 보내 주세요.',
};

export const errorUnknownKo = '문제가 생겼어요. 다시 해 보세요.';
