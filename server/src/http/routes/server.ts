/** `/server`: what the server is and can do, and trying out its channels. */
import * as contract from '@opencota/contract/http/server';
import type { ServerFacts } from '../../service/server-info.ts';
import { type Api, type Services, time } from '../api.ts';
import { API_VERSION } from '../documentation.ts';

function serverView(facts: ServerFacts): contract.ServerView {
  const { version, publicUrl, mqttPort, mqttsPort, stepUpChannels, limits, settings, storage } = facts;
  return {
    version,
    apiVersion: API_VERSION,
    publicUrl,
    mqtt: { port: mqttPort, tlsPort: mqttsPort, webSocketPath: '/mqtt' },
    stepUpChannels,
    smsConfigured: stepUpChannels.includes('sms'),
    emailConfigured: stepUpChannels.includes('email'),
    limits,
    startedAt: time(facts.startedAt),
    time: time(facts.now),
    ...(settings === undefined ? {} : { settings: [...settings] }),
    ...(storage === undefined ? {} : { storage }),
  };
}

export function serverRoutes(app: Api, { server, testMessages }: Services): void {
  const tags = ['server'];
  app.get('/server', {
    schema: {
      tags,
      summary:
        'What the server is, and where devices reach it; to administrators also its settings and what its disk has left',
      response: { 200: contract.ServerView },
    },
    handler: async ({ actor }) => serverView(server.get(actor)),
  });
  app.post('/server/test-message', {
    schema: {
      tags,
      summary: "Try out SMS or e-mail: a message to the caller's own number or mailbox",
      body: contract.TestMessageBody,
      response: { 200: contract.TestMessageView },
    },
    handler: ({ actor, body }) => testMessages.send(actor, body.channel),
  });
}
