/** Asked only where no cloud has the name that CLOUD gives: says so, instead of the framework's missing file. */
module.exports = () => {
  const error = new Error(`CLOUD must be aws, gcp or azure, not ${process.env.CLOUD}.`)
  // the framework prints the stack of what a file throws
  error.stack = error.message
  throw error
}
