/** Step-up, push, rollouts. */
export const rollouts = {
  stepUp: {
    title: 'Security check',
    about: 'Pushing to the devices of {{productKey}} needs a second factor.',
    aboutVersion: 'Pushing version {{number}} to the devices of {{productKey}} needs a second factor.',
    sending: 'Sending a code…',
    checking: 'Checking the code…',
    went: {
      sms: 'A code was sent by SMS to {{address}}.',
      email: 'A code was sent by e-mail to {{address}}.',
      totp: 'Enter the code that your authenticator app shows now.',
      log: 'The code is in the server’s log.',
      logWhy:
        'No SMS, e-mail or authenticator app is set up for you, so whoever can read the log can verify. Set one up under “My account”.',
    },
    code: '{{count}}-digit code',
    recoveryCode: 'Recovery code',
    trustBrowser: 'Trust this browser: ask for no code here from now on',
    verify: 'Verify and go on',
    attemptsLeft_one: '{{count}} try left.',
    attemptsLeft_other: '{{count}} tries left.',
    failure: {
      'wrong-code': 'The code is not right.',
      'no-attempts-left': 'Too many wrong codes. Ask for a new one.',
      expired: 'This code has expired. Ask for a new one.',
      used: 'This code was used already. Ask for a new one.',
      unknown: 'This code is not known any more. Ask for a new one.',
    },
    expiresIn: 'Good for {{time}}',
    expired: 'This code has expired',
    resend: 'Send a new code',
    startAgain: 'Start again',
    use: {
      totp: 'Use the authenticator app',
      sms: 'Send it by SMS',
      email: 'Send it by e-mail',
      log: 'Write it to the server’s log',
    },
    useRecovery: 'Use a recovery code',
  },
} as const;
