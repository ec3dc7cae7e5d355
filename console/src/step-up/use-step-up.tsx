/**
 * The second factor before a push, for every page that pushes.
 *
 * `guard` runs the push. When the server asks for a code, a dialog opens, a code goes out, and after the right
 * one the same push runs again: it must carry the same idempotency key each time. Whoever gives up gets what
 * the server said at first: its refusal, or the answer of a roll back whose push was refused.
 */
import { type ReactNode, useCallback, useState } from 'react';
import { type Need, needOfAnswer, needOfError } from './challenge.ts';
import { StepUpDialog } from './step-up-dialog.tsx';
import { useChallenge } from './use-challenge.ts';

type StepUp = {
  guard: <T>(productKey: string, push: () => Promise<T>) => Promise<T>;
  /** To be rendered by the page. */
  dialog: ReactNode;
};

/** A person is being asked. */
type Asked = { productKey: string; need: Need; settle: (isVerified: boolean) => void };

/** What came of one try. `settle` gives the caller what the server said. */
type Tried<T> = { need: Need | undefined; settle: () => T };

export function useStepUp(): StepUp {
  const [asked, setAsked] = useState<Asked>();
  const challenge = useChallenge();
  const { begin } = challenge;

  const guard = useCallback(
    async <T,>(productKey: string, push: () => Promise<T>): Promise<T> => {
      let tried = await tryOnce(push);
      while (tried.need !== undefined) {
        const { need } = tried;
        begin({ productKey, need });
        const isVerified = await new Promise<boolean>((settle) => setAsked({ productKey, need, settle }));
        setAsked(undefined);
        if (!isVerified) break;
        tried = await tryOnce(push);
      }
      return tried.settle();
    },
    [begin],
  );

  const dialog = asked && (
    <StepUpDialog
      productKey={asked.productKey}
      need={asked.need}
      challenge={challenge}
      onVerified={() => asked.settle(true)}
      onGiveUp={() => asked.settle(false)}
    />
  );
  return { guard, dialog };
}

async function tryOnce<T>(push: () => Promise<T>): Promise<Tried<T>> {
  try {
    const answer = await push();
    return { need: needOfAnswer(answer), settle: () => answer };
  } catch (error) {
    return {
      need: needOfError(error),
      settle: () => {
        throw error;
      },
    };
  }
}
