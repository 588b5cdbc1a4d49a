using LiveGateway;
using LiveGateway.Deaths;

return args is [DyingGateway.Verb, ..] ? await DyingGateway.RunAsync(args) : await CommandLine.RunAsync(args);
