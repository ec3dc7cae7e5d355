/**
 * For dialogs that are there only while they are open: when they go, the keyboard is back where it was.
 * A dialog that stays and is hidden (`open={false}`) does that by itself.
 */
import { useEffect, useState } from 'react';

export function useFocusBack(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // When the dialog has let go of the focus; what opened next, or another page, may have taken it.
      setTimeout(() => {
        if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus();
      });
    },
    [opener],
  );
}
