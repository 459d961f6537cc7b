/** stripe-stateful-mock for this machine only; its own command listens to everybody. */
import { createExpressApp } from 'stripe-stateful-mock';

createExpressApp().listen(Number(process.env.PORT), '127.0.0.1');
