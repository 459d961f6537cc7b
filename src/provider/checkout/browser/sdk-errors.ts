/** The exceptions of the SDK. Shops tell them apart by `name`. */

type ErrorName =
  | 'InvalidClientTokenError'
  | 'ApplicationNotInitializedError'
  | 'ApplicationNotLoadedError'
  | 'InvalidContainerSelectorError'
  | 'PaymentMethodCategoryNotProvidedError'
  | 'PaymentMethodCategoryNotSupportedError'
  | 'PreferredPaymentMethodNotSupportedError'
  | 'OperationNotSupportedError'
  | 'EventNotSupportedError';

export class KlarnaPaymentsError extends Error {
  constructor(name: ErrorName, message: string) {
    super(message);
    this.name = name;
  }
}
