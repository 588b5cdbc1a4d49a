using LiveGateway;

return await CommandLine.RunAsync(args);
