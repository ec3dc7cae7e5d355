/** One challenge in progress: sends codes, on the channel that was chosen, and checks what was typed. */
import { useMutation } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { api } from '../api/client.ts';
import type { Channel, Need } from './challenge.ts';

type Push = { productKey: string; need: Need };
type Sending = Push & { channel: Channel | undefined };
type Sent = Awaited<ReturnType<typeof api.session.sendChallenge>> & { sentAt: number };
type Answer = { code: string; trustBrowser: boolean };

export type Challenge = ReturnType<typeof useChallenge>;

export function useChallenge() {
  const [push, setPush] = useState<Push>();
  const [sent, setSent] = useState<Sent>();
  const send = useMutation<Sent, unknown, Sending>({
    mutationFn: async ({ productKey, need: { version }, channel }) => {
      const answer = await api.session.sendChallenge({
        ...(version === undefined ? {} : { productKey, version }),
        ...(channel === undefined ? {} : { channel }),
      });
      return { ...answer, sentAt: Date.now() };
    },
    onSuccess: (answer) => setSent(answer),
  });
  const verify = useMutation<unknown, unknown, Answer>({
    mutationFn: (answer) => api.session.answerChallenge(sent?.challengeId ?? '', answer),
  });
  const { mutate: sendNow } = send;
  const { reset: forgetAnswer } = verify;

  /** Starts over, for this push. */
  const begin = useCallback(
    (wanted: Push) => {
      setPush(wanted);
      setSent(undefined);
      forgetAnswer();
      sendNow({ ...wanted, channel: undefined });
    },
    [sendNow, forgetAnswer],
  );
  /** Another code, maybe by another way. */
  const sendAgain = (channel: Channel | undefined) => {
    if (push === undefined) return;
    forgetAnswer();
    sendNow({ ...push, channel });
  };
  return { begin, sendAgain, sent, send, verify };
}
