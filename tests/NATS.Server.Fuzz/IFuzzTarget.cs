namespace NATS.Server.Fuzz;

/// <summary>Something that reads what strangers send.</summary>
internal interface IFuzzTarget
{
    /// <summary>Also the name of its corpus file.</summary>
    string Name { get; }

    /// <summary>Bytes that one input may allocate, whatever its length.</summary>
    long BaseAllocation { get; }

    /// <summary>Bytes that one input may allocate for each of its bytes.</summary>
    int AllocationPerByte { get; }

    /// <summary>Handles one input. Returns what is wrong, or null.</summary>
    string? Run(byte[] input, Random random);
}
