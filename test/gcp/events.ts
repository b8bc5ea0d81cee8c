/** Events as Google Cloud sends them: the samples of its documentation. */

export const message = (attributes: object = {}) => ({
  attributes: {
    eventType: 'SECRET_ROTATE',
    dataFormat: 'JSON_API_V1',
    secretId: 'projects/123456789/secrets/app-db',
    timestamp: '2026-11-20T03:00:00.000000-00:00',
    ...attributes,
  },
  data: Buffer.from('{"name":"projects/123456789/secrets/app-db"}').toString('base64'),
  messageId: '8231940321',
  publishTime: '2026-11-20T03:00:01.123Z',
})

export const push = (pushed: object) => ({ message: pushed, subscription: 'projects/my-proj/subscriptions/rotator' })

export const rotateEvent = (attributes: object = {}) => ({
  specversion: '1.0',
  id: '8231940321',
  source: '//pubsub.googleapis.com/projects/my-proj/topics/secret-events',
  type: 'google.cloud.pubsub.topic.v1.messagePublished',
  datacontenttype: 'application/json',
  time: '2026-11-20T03:00:01.123Z',
  data: push(message(attributes)),
})
